/* SPDX-License-Identifier: MIT */
/*
 * Fragments: any packet that can be cut is put together again from its pieces, last one first; and
 * fragments in any order agree with a naive reassembly: a map of bytes.
 */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/fragment.h>
#include <plug/ip.h>

#define LONGEST 4096

static struct {
    uint8_t bytes[LONGEST + 64];
    size_t len;
} pieces[PLUG_REASSEMBLY_MAX];

static int next(const uint8_t *data, size_t size, size_t mtu, size_t *at, unsigned i)
{
    if (data[0] >> 4 == 6)
        return plug_ip6_fragment(data, size, 7, mtu, at, pieces[i].bytes, sizeof pieces[i].bytes);
    return plug_ip4_fragment(data, size, mtu, at, pieces[i].bytes, sizeof pieces[i].bytes);
}

/* The length of a packet that was cut into count pieces, from its header. */
static size_t length(const uint8_t *data)
{
    return data[0] >> 4 == 6 ? PLUG_IP6_LEN + (size_t)data[4] * 256 + data[5]
                             : (size_t)data[2] * 256 + data[3];
}

static void join(const uint8_t *data, unsigned count)
{
    struct plug_reassembly *r;
    const uint8_t *packet;
    size_t len;

    FUZZ_CHECK(plug_reassembly_open(&r) == 0);
    for (unsigned i = count; i-- > 0;)
        FUZZ_CHECK(plug_reassembly_add(r, pieces[i].bytes, pieces[i].len) == (i == 0));
    FUZZ_CHECK(plug_reassembly_packet(r, &packet, &len) == 0 && len == length(data));
    if (data[0] >> 4 == 6) /* of IPv4 the checksum of the header may have been wrong */
        FUZZ_CHECK(memcmp(packet, data, len) == 0);
    else
        FUZZ_CHECK(memcmp(packet, data, 10) == 0 && memcmp(packet + 12, data + 12, len - 12) == 0);
    plug_reassembly_close(r);
}

static bool is_fragment(const uint8_t *data, size_t size)
{
    struct plug_ip4 h;
    return plug_ip4_parse(data, size, &h) > 0 && (h.fragment > 0 || h.flags & PLUG_IP4_MF);
}

static void cut(const uint8_t *data, size_t size, size_t mtu)
{
    unsigned count = 0;
    size_t at = 0;
    int r = 0;

    while (count < PLUG_REASSEMBLY_MAX && (r = next(data, size, mtu, &at, count)) > 0) {
        FUZZ_CHECK((size_t)r <= mtu);
        pieces[count++].len = (size_t)r;
    }
    FUZZ_CHECK(r >= 0 || r == -EMSGSIZE || r == PLUG_EPACKET_SHORT || r == PLUG_EPACKET_BAD);
    if (r == 0 && count > 1 && !is_fragment(data, size))
        join(data, count);
}

/* Four bytes of input are a fragment of IPv4: offset, length, is it the last, what fills it. */
struct model {
    uint8_t map[256 * 8 + 256], fill[256 * 8 + 256];
    size_t total;
    bool lost;
};

static int model_add(struct model *m, size_t offset, size_t len, bool last, uint8_t fill)
{
    size_t taken = 0, equal = 0, highest = 0;

    for (size_t i = 0; i < sizeof m->map; i++) {
        bool in = i >= offset && i < offset + len;
        highest = m->map[i] ? i + 1 : highest;
        taken += in && m->map[i];
        equal += in && m->map[i] && m->fill[i] == fill;
    }
    bool end = last ? (m->total ? offset + len != m->total : offset + len < highest)
                    : m->total && offset + len > m->total;
    if ((taken && equal != len) || end)
        m->lost = true;
    if (m->lost)
        return PLUG_EPACKET_BAD;
    memset(m->map + offset, 1, len);
    memset(m->fill + offset, fill, len);
    if (last)
        m->total = offset + len;
    return m->total && !memchr(m->map, 0, m->total);
}

static void reassemble(const uint8_t *data, size_t size)
{
    static struct model m;
    uint8_t packet[20 + 256];
    struct plug_reassembly *r;
    const uint8_t *got;
    size_t len;

    memset(&m, 0, sizeof m);
    FUZZ_CHECK(plug_reassembly_open(&r) == 0);
    for (unsigned i = 0; i < 100 && size >= 4; i++, data += 4, size -= 4) {
        /* lengths by offset, so that two fragments are the same or overlap in part rarely */
        bool last = data[2] & 1;
        size_t offset = (size_t)data[0] * 8, n = (size_t)(data[1] % 31 + 1) * 8;
        struct plug_ip4 h = {.fragment = (uint16_t)offset, .flags = !last};
        if (offset == 0 && last)
            continue;
        FUZZ_CHECK(plug_ip4_build(&h, n, packet, sizeof packet) == 20);
        memset(packet + 20, data[3], n);
        int want = model_add(&m, offset, n, last, data[3]);
        int have = plug_reassembly_add(r, packet, 20 + n);
        if (have != want) /* inside bytes that are equal: still an overlap */
            FUZZ_CHECK(have == PLUG_EPACKET_BAD && want >= 0);
        if (have != 0)
            break;
    }
    if (plug_reassembly_packet(r, &got, &len) == 0)
        FUZZ_CHECK(len == 20 + m.total && memcmp(got + 20, m.fill, m.total) == 0);
    plug_reassembly_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plug_reassembly *r;
    uint8_t choice = fuzz_choice(&data, &size);

    if (size == 0 || size > LONGEST)
        return 0;
    if (choice == 0) {
        reassemble(data, size);
        return 0;
    }
    cut(data, size, choice * 8u);
    FUZZ_CHECK(plug_reassembly_open(&r) == 0);
    FUZZ_CHECK(plug_reassembly_add(r, data, size) <= 0);
    plug_reassembly_close(r);
    return 0;
}
