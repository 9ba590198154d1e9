/* SPDX-License-Identifier: MIT */
/* The text form of packets: taken or refused with a place; what is taken has a text of its own. */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/packet.h>

static uint8_t bytes[PLUG_PACKET_MAX], again[PLUG_PACKET_MAX];
static char shortest[PLUG_PACKET_SPEC + 1];

static void refused(ssize_t err, size_t len, const struct plug_packet_error *e)
{
    FUZZ_CHECK(err == PLUG_EPACKET_SPEC || err == PLUG_ELIMIT);
    FUZZ_CHECK(e->column >= 1 && e->column <= len + 1);
    FUZZ_CHECK(e->what[0] != '\0' && strlen(e->what) < sizeof e->what);
    for (const char *c = e->what; *c; c++)
        FUZZ_CHECK((uint8_t)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plug_packet_error e = {0, ""};
    struct plug_packet p;
    if (size > 4096)
        return 0;
    char *text = fuzz_text(data, size);
    size_t len = strlen(text), word = strspn(text, " \t\r\n");
    ssize_t n = plug_packet_build(text, NULL, bytes, sizeof bytes, &e);
    if (n < 0) {
        refused(n, len, &e);
    } else if (n > 0) {
        enum plug_packet_proto first =
            plug_packet_proto_find(text + word, strcspn(text + word, "(/ \t\r\n"));
        FUZZ_CHECK(plug_packet_parse(first ? first : PLUG_PACKET_DATA, bytes, (size_t)n, &p) == 0);
        FUZZ_CHECK(plug_packet_text(&p, shortest, sizeof shortest) < sizeof shortest);
        FUZZ_CHECK(plug_packet_build(shortest, NULL, again, sizeof again, &e) == n);
        FUZZ_CHECK(memcmp(bytes, again, (size_t)n) == 0);
    }
    free(text);
    return 0;
}
