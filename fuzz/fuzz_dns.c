/* SPDX-License-Identifier: MIT */
/*
 * The reader of DNS messages: everything it tells lies within the message, its text is printable
 * ASCII of the length it says, and reading ends. A name read back from its own text is the same.
 */
#include "fuzz.h"
#include "../src/wire/dns_message.h"
#include <plug/err.h>

static void printable(const char *text, size_t len)
{
    FUZZ_CHECK(strlen(text) == len);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(text[i] >= 0x20 && text[i] < 0x7F);
}

/* RFC 1035 5.1 back to the wire: labels with their lengths, without compression. */
static size_t encode(const char *text, uint8_t *wire)
{
    size_t at = 0, label = 0;

    if (strcmp(text, ".") == 0)
        text = "";
    while (*text) {
        label = at++;
        while (*text && *text != '.') {
            unsigned c = (uint8_t)*text++;
            if (c == '\\' && *text >= '0' && *text <= '9') {
                c = (unsigned)((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
                text += 3;
            } else if (c == '\\') {
                c = (uint8_t)*text++;
            }
            wire[at++] = (uint8_t)c;
        }
        wire[label] = (uint8_t)(at - label - 1);
        text += *text == '.';
    }
    wire[at++] = 0;
    return at;
}

static void name_again(const char *text)
{
    uint8_t bytes[PLUG__DNS_HEADER + PLUG__DNS_NAME_WIRE + 1] = {0};
    char again[PLUG__DNS_NAME_TEXT];
    size_t at = PLUG__DNS_HEADER, len = encode(text, bytes + at);
    struct plug__dns m;

    FUZZ_CHECK(len <= PLUG__DNS_NAME_WIRE);
    FUZZ_CHECK(plug__dns_open(&m, bytes, PLUG__DNS_HEADER + len) == 0);
    FUZZ_CHECK(plug__dns_name(&m, &at, again) > 0);
    FUZZ_CHECK(at == PLUG__DNS_HEADER + len && strcmp(again, text) == 0);
}

static void record(const struct plug__dns *m, const struct plug__dns_rr *rr)
{
    char name[PLUG__DNS_NAME_TEXT];
    size_t at = rr->name_at;
    int len = plug__dns_name(m, &at, name);

    FUZZ_CHECK(len > 0 && at <= rr->data_at);
    FUZZ_CHECK(rr->data_at + rr->data_len <= m->at && m->at <= m->len);
    printable(name, (size_t)len);
    name_again(name);
    ssize_t n = plug__dns_data_text(m, rr, NULL, 0);
    FUZZ_CHECK(n >= 0 || n == PLUG_EDNS_BADREPLY);
    if (n < 0)
        return;
    char *text = malloc((size_t)n + 1);
    FUZZ_CHECK(text && plug__dns_data_text(m, rr, text, (size_t)n + 1) == n);
    printable(text, (size_t)n);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plug__dns m;
    struct plug__dns_rr rr;
    unsigned records = 0;
    int r = plug__dns_open(&m, data, size);

    FUZZ_CHECK(r == 0 || r == PLUG_EDNS_BADREPLY);
    if (r < 0)
        return 0;
    while ((r = plug__dns_next(&m, &rr)) > 0) {
        record(&m, &rr);
        records++;
    }
    FUZZ_CHECK(r == 0 || r == PLUG_EDNS_BADREPLY);
    FUZZ_CHECK(records <= size / 11);
    return 0;
}
