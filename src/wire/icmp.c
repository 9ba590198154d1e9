/* SPDX-License-Identifier: MIT */
/* Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443). */
#include "wire/icmp_parts.h"
#include "wire/packet_sum.h"
#include <plug/err.h>

bool plug_icmp_is_error(int family, uint8_t type)
{
    if (family == AF_INET6)
        return type < 128;
    return type == PLUG_ICMP_UNREACHABLE || type == 4 /* source quench */ ||
           type == PLUG_ICMP_REDIRECT || type == PLUG_ICMP_TIME_EXCEEDED ||
           type == PLUG_ICMP_PARAMETER_PROBLEM;
}

bool plug_icmp_has_id(int family, uint8_t type)
{
    if (family == AF_INET6)
        return type == PLUG_ICMP6_ECHO_REQUEST || type == PLUG_ICMP6_ECHO_REPLY;
    return type == PLUG_ICMP_ECHO_REPLY || type == PLUG_ICMP_ECHO_REQUEST ||
           (type >= PLUG_ICMP_TIMESTAMP_REQUEST && type <= 18 /* address mask reply */);
}

uint32_t plug_icmp_mtu(const struct plug_icmp *m)
{
    if (m->family == AF_INET6)
        return m->type == PLUG_ICMP6_PACKET_TOO_BIG ? m->word : 0;
    return m->type == PLUG_ICMP_UNREACHABLE && m->code == 4 ? m->word & 0xffff : 0;
}

int64_t plug_icmp_pointer(const struct plug_icmp *m)
{
    if (m->family == AF_INET6)
        return m->type == PLUG_ICMP6_PARAMETER_PROBLEM ? (int64_t)m->word : -1;
    return m->type == PLUG_ICMP_PARAMETER_PROBLEM && m->code != 1 ? (int64_t)(m->word >> 24) : -1;
}

static int known_family(int family)
{
    return family == AF_INET || family == AF_INET6 ? 0 : -EAFNOSUPPORT;
}

int plug_icmp_parse(int family, const void *bytes, size_t len, struct plug_icmp *ret_message)
{
    const uint8_t *b = bytes;

    if (known_family(family) < 0)
        return -EAFNOSUPPORT;
    if (len < PLUG_ICMP_LEN)
        return PLUG_EPACKET_SHORT;
    struct plug_icmp m = {.family = family,
                          .type = b[0],
                          .code = b[1],
                          .checksum = plug_get_be16(b + 2),
                          .word = plug_get_be32(b + 4),
                          .body = b + PLUG_ICMP_LEN,
                          .body_len = len - PLUG_ICMP_LEN};
    if (plug_icmp_has_id(family, m.type)) {
        m.id = (uint16_t)(m.word >> 16);
        m.seq = (uint16_t)m.word;
    }
    *ret_message = m;
    return PLUG_ICMP_LEN;
}

/* What is appended to the quote: its padding and the extension's header before the objects. */
struct layout {
    size_t quote, objects, len;
    uint32_t word;
};

/* Room for the quote, the extension behind it, and the length that tells where it begins. */
static int lay_out_extension(const struct plug_icmp *m, struct layout *l)
{
    struct plug__icmp_quote_len where = plug__icmp_quote_len(m->family, m->type);

    if (where.unit == 0 || m->objects_len % 4)
        return PLUG_EPACKET_BAD;
    if (l->quote < PLUG_ICMP_QUOTE_MIN)
        l->quote = PLUG_ICMP_QUOTE_MIN;
    l->quote = (l->quote + where.unit - 1) / where.unit * where.unit;
    if (l->quote / where.unit > UINT8_MAX)
        return PLUG_ERANGE;
    if (!(m->given & PLUG_GIVEN_LEN)) {
        l->word &= ~((uint32_t)UINT8_MAX << where.shift);
        l->word |= (uint32_t)(l->quote / where.unit) << where.shift;
    }
    l->objects = l->quote + PLUG__ICMP_EXT_HEADER;
    l->len = PLUG_ICMP_LEN + l->objects + m->objects_len;
    return l->len > UINT16_MAX ? PLUG_ERANGE : 0;
}

static int lay_out(const struct plug_icmp *m, struct layout *l)
{
    *l = (struct layout){.quote = m->body_len, .word = m->word};
    if (known_family(m->family) < 0)
        return -EAFNOSUPPORT;
    if (m->body_len > UINT16_MAX - PLUG_ICMP_LEN || m->objects_len > UINT16_MAX)
        return PLUG_ERANGE;
    if (plug_icmp_has_id(m->family, m->type))
        l->word = (uint32_t)m->id << 16 | m->seq;
    l->len = PLUG_ICMP_LEN + m->body_len;
    return m->objects_len > 0 ? lay_out_extension(m, l) : 0;
}

static void put_extension(const struct plug_icmp *m, const struct layout *l, uint8_t *body)
{
    uint8_t *ext = body + l->quote;

    memset(body + m->body_len, 0, l->quote - m->body_len);
    plug_put_be32(ext, 2u << 28); /* version 2 */
    memcpy(body + l->objects, m->objects, m->objects_len);
    plug_put_be16(ext + 2, plug_checksum(ext, PLUG__ICMP_EXT_HEADER + m->objects_len));
}

int plug_icmp_build(const struct plug_icmp *m, const struct plug_pseudo *pseudo, void *buf,
                    size_t size)
{
    uint8_t *b = buf;
    struct layout l;
    int r = lay_out(m, &l);

    if (r < 0)
        return r;
    if (size < l.len)
        return -ENOSPC;
    plug__payload_put(b + PLUG_ICMP_LEN, m->body, m->body_len);
    if (m->objects_len > 0)
        put_extension(m, &l, b + PLUG_ICMP_LEN);
    uint64_t head = (uint64_t)m->type << 56 | (uint64_t)m->code << 48 | l.word, checksum = 0;
    uint64_t sum = plug__checksum_carry(head, plug__sum(b + PLUG_ICMP_LEN, l.len - PLUG_ICMP_LEN));
    if (m->given & PLUG_GIVEN_CHECKSUM)
        checksum = m->checksum;
    else if (m->family == AF_INET)
        checksum = plug__sum_finish(sum);
    else if (pseudo)
        checksum = plug__sum_finish(
            plug__checksum_carry(sum, plug__sum_pseudo(pseudo, IPPROTO_ICMPV6, (uint32_t)l.len)));
    plug_put_be64(b, head | checksum << 32);
    return (int)l.len;
}

int plug_icmp_verify(int family, const struct plug_pseudo *pseudo, const void *bytes, size_t len,
                     uint16_t *ret_right)
{
    struct plug_icmp m;
    int r = plug_icmp_parse(family, bytes, len, &m);

    if (r < 0)
        return r;
    uint64_t sum = plug__sum_without(bytes, len, 2);
    if (family == AF_INET6)
        sum += plug__sum_pseudo(pseudo, IPPROTO_ICMPV6, (uint32_t)len);
    return plug__sum_verdict(sum, m.checksum, ret_right);
}
