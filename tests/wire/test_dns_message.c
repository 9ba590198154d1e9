/* SPDX-License-Identifier: MIT */
/* The reader of DNS messages: strict, within its bytes, ending whatever it is given. */
#include "t.h"
#include "wire/dns_message.h"

#include <string.h>

/*
 * id 1, one question "a.b" A IN, one answer: a pointer to the question's name, A 192.0.2.1, TTL 60
 */
static const uint8_t sample[] = {0,   1, 0x81, 0x80, 0,  1, 0, 1,   0,    0,  0, 0, 1,
                                 'a', 1, 'b',  0,    0,  1, 0, 1,   0xC0, 12, 0, 1, 0,
                                 1,   0, 0,    0,    60, 0, 4, 192, 0,    2,  1};
#define ANSWER 21

static int read_all(const void *bytes, size_t len, int *ret_records)
{
    struct plug__dns m;
    struct plug__dns_rr rr;
    char text[PLUG__DNS_NAME_TEXT];
    int err = plug__dns_open(&m, bytes, len);
    *ret_records = 0;
    while (err == 0 && (err = plug__dns_next(&m, &rr)) > 0) {
        size_t at = rr.name_at;
        err = plug__dns_name(&m, &at, text);
        if (err >= 0)
            err = (int)plug__dns_data_text(&m, &rr, NULL, 0);
        err = err < 0 ? err : 0;
        ++*ret_records;
    }
    return err;
}

T_TEST(dns_message_is_read)
{
    struct plug__dns m;
    struct plug__dns_rr rr;
    char text[PLUG__DNS_NAME_TEXT];
    size_t at;
    T_OK(plug__dns_open(&m, t_guarded(sample, sizeof sample), sizeof sample));
    T_EQ(m.id, 1);
    T_EQ(m.rcode, 0);
    T_TRUE(m.response && !m.authoritative && !m.truncated);
    T_EQ(plug__dns_next(&m, &rr), 1);
    T_EQ(rr.type, PLUG__DNS_A);
    T_EQ(rr.ttl, 60);
    at = rr.name_at;
    T_EQ(plug__dns_name(&m, &at, text), 3);
    T_EQ(at, ANSWER + 2);
    T_STR(text, "a.b");
    T_EQ(plug__dns_data_text(&m, &rr, text, sizeof text), 9);
    T_STR(text, "192.0.2.1");
    T_EQ(plug__dns_data_text(&m, &rr, text, 4), 9);
    T_STR(text, "192");
    T_EQ(plug__dns_next(&m, &rr), 0);
}

T_TEST(dns_message_cut_anywhere_is_refused)
{
    int records;
    for (size_t len = 0; len < sizeof sample; len++)
        T_ERR(read_all(t_guarded(sample, len), len, &records), PLUG_EDNS_BADREPLY);
}

static void check_answer_name(const uint8_t *name, size_t len, int want)
{
    uint8_t bytes[ANSWER + 300] = {0};
    int records;
    memcpy(bytes, sample, ANSWER);
    memcpy(bytes + ANSWER, name, len);
    memcpy(bytes + ANSWER + len, sample + ANSWER + 2, sizeof sample - ANSWER - 2);
    size_t total = sizeof sample - 2 + len;
    T_EQ(read_all(t_guarded(bytes, total), total, &records), want);
}

T_TEST(dns_names_cannot_loop)
{
    check_answer_name((uint8_t[]){0xC0, ANSWER}, 2, PLUG_EDNS_BADREPLY);     /* itself */
    check_answer_name((uint8_t[]){0xC0, ANSWER + 2}, 2, PLUG_EDNS_BADREPLY); /* forward */
    check_answer_name((uint8_t[]){0xC0, 11}, 2, PLUG_EDNS_BADREPLY);         /* the header */
    check_answer_name((uint8_t[]){1, 'x', 0xC0, ANSWER}, 4, PLUG_EDNS_BADREPLY);
    check_answer_name((uint8_t[]){0x40, 'x'}, 2, PLUG_EDNS_BADREPLY); /* reserved label types */
    check_answer_name((uint8_t[]){0x80, 'x'}, 2, PLUG_EDNS_BADREPLY);
    check_answer_name((uint8_t[]){1, 'x', 0xC0, 12}, 4, 0);
    check_answer_name((uint8_t[]){0}, 1, 0); /* the root */
}

/* 255 bytes: four labels of 63, 63, 63 and 61 bytes with their lengths, and the root. */
T_TEST(dns_names_have_at_most_255_bytes)
{
    for (unsigned last = 60; last <= 62; last++) {
        uint8_t name[300], *p = name;
        for (unsigned i = 0; i < 4; i++) {
            unsigned len = i < 3 ? 63 : last;
            *p++ = (uint8_t)len;
            memset(p, 'x', len);
            p += len;
        }
        *p++ = 0;
        check_answer_name(name, (size_t)(p - name), last <= 61 ? 0 : PLUG_EDNS_BADREPLY);
    }
}

static ssize_t data_text(unsigned type, const void *data, size_t len, char *buf, size_t buflen)
{
    uint8_t bytes[12 + 512] = {0, 1, 0x80};
    struct plug__dns m;
    memcpy(bytes + 12, data, len);
    T_OK(plug__dns_open(&m, t_guarded(bytes, 12 + len), 12 + len));
    struct plug__dns_rr rr = {.type = (uint16_t)type, .data_at = 12, .data_len = (uint16_t)len};
    return plug__dns_data_text(&m, &rr, buf, buflen);
}

static void check_data(unsigned type, const void *data, size_t len, const char *want)
{
    char text[2048];
    T_EQ(data_text(type, data, len, text, sizeof text), strlen(want));
    T_STR(text, want);
    for (size_t cut = 0; cut < len; cut++) {
        ssize_t n = data_text(type, data, cut, text, sizeof text);
        T_TRUE(n == PLUG_EDNS_BADREPLY || type == PLUG__DNS_TXT || type == PLUG__DNS_CAA ||
               type == 65280);
    }
}

T_TEST(dns_data_as_text)
{
    check_data(PLUG__DNS_A, "\300\0\2\1", 4, "192.0.2.1");
    check_data(PLUG__DNS_AAAA, "\x20\1\r\270\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1");
    check_data(PLUG__DNS_MX, "\0\12\1m\1x\0", 7, "10 m.x");
    check_data(PLUG__DNS_SRV, "\0\1\0\2\0\120\1h\0", 9, "1 2 80 h");
    check_data(PLUG__DNS_PTR, "\3a.b\0", 5, "a\\.b");
    check_data(PLUG__DNS_NS, "\0", 1, ".");
    check_data(PLUG__DNS_TXT, "\1a\0\2\"\\", 6, "\"a\" \"\" \"\\\"\\\\\"");
    check_data(PLUG__DNS_CAA, "\200\5issuex y", 10, "128 issue \"x y\"");
    check_data(PLUG__DNS_NAPTR, "\0\1\0\2\1u\1s\0\1r\0", 12, "1 2 \"u\" \"s\" \"\" r");
    check_data(65280, "\1\377", 2, "\\# 2 01ff");
    check_data(65280, "", 0, "\\# 0");
}

T_TEST(dns_data_of_a_wrong_length_is_refused)
{
    char text[64];
    T_ERR(data_text(PLUG__DNS_A, "\1\2\3\4\5", 5, text, sizeof text), PLUG_EDNS_BADREPLY);
    T_ERR(data_text(PLUG__DNS_MX, "\0\1\1a\0z", 6, text, sizeof text), PLUG_EDNS_BADREPLY);
    T_ERR(data_text(PLUG__DNS_CAA, "\0\2a-x", 5, text, sizeof text), PLUG_EDNS_BADREPLY);
    T_ERR(data_text(PLUG__DNS_TXT, "", 0, text, sizeof text), PLUG_EDNS_BADREPLY);
}

/* Whatever the bytes: an answer or an error, nothing read beyond them. */
T_TEST_PLAIN(dns_random_messages_are_survived)
{
    uint8_t *room = t_guarded_room(sizeof sample);
    for (int i = 0; i < 100000; i++) {
        uint8_t bytes[sizeof sample];
        int records;
        memcpy(bytes, sample, sizeof sample);
        for (uint64_t n = 1 + t_below(4); n; n--)
            bytes[t_below(sizeof bytes)] = (uint8_t)t_random();
        size_t len = (size_t)t_below(sizeof bytes + 1);
        uint8_t *end = memcpy(room + sizeof sample - len, bytes, len);
        int err = read_all(end, len, &records);
        T_TRUE(err == 0 || err == PLUG_EDNS_BADREPLY);
    }
}
