/* SPDX-License-Identifier: MIT */
/* Packets as layers: any bytes are covered, shown, and built again by their own text form. */
#include "fuzz.h"
#include <plug/packet.h>

#define TEXT (PLUG_PACKET_SPEC + 1)

/* Each way to show it writes no more than it says. */
static void shown(const struct plug_packet *p)
{
    static char text[TEXT], less[64];
    size_t n = plug_packet_show(p, text, sizeof text);
    FUZZ_CHECK(n < sizeof text && strlen(text) == n);
    n = plug_packet_summary(p, text, sizeof text);
    FUZZ_CHECK(strlen(text) == n && plug_packet_summary(p, less, sizeof less) == n);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(text[i] >= 0x20 && text[i] < 0x7f);
    for (unsigned i = 0; i < p->count; i++)
        for (unsigned columns = 20; columns <= 80; columns += 20) {
            n = plug_packet_diagram(p, i, columns, text, sizeof text);
            FUZZ_CHECK(n < sizeof text && strlen(text) == n);
        }
}

/* Every field lies in its layer, and they follow each other without a gap. */
static void fields(const struct plug_packet *p, unsigned layer)
{
    const struct plug_packet_layer *l = &p->layers[layer];
    struct plug_packet_field f;
    size_t bit = l->offset * 8;
    for (unsigned at = 0; plug_packet_field_next(p, layer, &at, &f); bit += f.bits)
        FUZZ_CHECK(f.bit == bit && f.bits > 0);
    FUZZ_CHECK(bit == (l->offset + l->len) * 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXT], second[TEXT];
    static uint8_t again[PLUG_PACKET_MAX];
    enum plug_packet_proto first =
        (enum plug_packet_proto)(fuzz_choice(&data, &size) % (PLUG_PACKET_PADDING + 1));
    struct plug_packet p, q;
    size_t at = 0;
    if (size == 0 || size > 2048)
        return 0;
    FUZZ_CHECK(plug_packet_parse(first, data, size, &p) == 0);
    for (unsigned i = 0; i < p.count; at += p.layers[i++].len) {
        FUZZ_CHECK(p.layers[i].offset == at && p.layers[i].len > 0);
        fields(&p, i);
    }
    FUZZ_CHECK(at == size && (p.error == 0) == (p.error_what[0] == '\0'));
    shown(&p);
    FUZZ_CHECK(plug_packet_text(&p, text, sizeof text) < sizeof text);
    FUZZ_CHECK(plug_packet_build(text, NULL, again, sizeof again, NULL) == (ssize_t)size);
    FUZZ_CHECK(memcmp(again, data, size) == 0);
    FUZZ_CHECK(plug_packet_parse(p.layers[0].proto, again, size, &q) == 0);
    plug_packet_text(&q, second, sizeof second);
    FUZZ_CHECK(strcmp(text, second) == 0);
    (void)plug_packet_answers(&p, &q);
    return 0;
}
