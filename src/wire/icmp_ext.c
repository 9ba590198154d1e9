/* SPDX-License-Identifier: MIT */
/* What routers append to ICMP errors: RFC 4884, RFC 4950. */
#include "wire/icmp_parts.h"
#include <netinet/in.h>
#include <plug/bytes.h>
#include <plug/err.h>

#define VERSION       2
#define OBJECT_HEADER 4 /* length, class, type */
#define LABEL_LEN     4

struct plug__icmp_quote_len plug__icmp_quote_len(int family, uint8_t type)
{
    bool six =
        family == AF_INET6 && (type == PLUG_ICMP6_UNREACHABLE || type == PLUG_ICMP6_TIME_EXCEEDED);
    bool four =
        family == AF_INET && (type == PLUG_ICMP_UNREACHABLE || type == PLUG_ICMP_TIME_EXCEEDED ||
                              type == PLUG_ICMP_PARAMETER_PROBLEM);

    if (six)
        return (struct plug__icmp_quote_len){24, 8};
    return four ? (struct plug__icmp_quote_len){16, 4} : (struct plug__icmp_quote_len){0, 0};
}

/* What the message says its quote's length is; 0: nothing. */
static size_t length_said(const struct plug_icmp *m)
{
    struct plug__icmp_quote_len where = plug__icmp_quote_len(m->family, m->type);
    return (m->word >> where.shift & UINT8_MAX) * where.unit;
}

/* A sum of 0 in the header says that there is none (RFC 4884 7). */
static bool sum_is_right(const uint8_t *ext, size_t len, bool needed)
{
    if (!needed && plug_get_be16(ext + 2) == 0)
        return true;
    return plug_get_be16(ext + 2) != 0 && plug_checksum(ext, len) == 0;
}

/*
 * Where the extension begins in the body: its offset, 0 when there is none, or PLUG_EPACKET_BAD.
 */
static int find(const struct plug_icmp *m)
{
    size_t said = length_said(m), at = said ? said : PLUG_ICMP_QUOTE_MIN;

    if (plug__icmp_quote_len(m->family, m->type).unit == 0)
        return 0;
    if (said && (said < PLUG_ICMP_QUOTE_MIN || said > m->body_len))
        return PLUG_EPACKET_BAD;
    if (m->body_len - (at < m->body_len ? at : m->body_len) < PLUG__ICMP_EXT_HEADER)
        return said && m->body_len > at ? PLUG_EPACKET_BAD : 0;
    const uint8_t *ext = m->body + at;
    if (ext[0] >> 4 != VERSION || !sum_is_right(ext, m->body_len - at, said == 0))
        return said ? PLUG_EPACKET_BAD : 0;
    return (int)at;
}

size_t plug__icmp_quote_bytes(const struct plug_icmp *m)
{
    size_t said = length_said(m);

    if (said == 0) {
        int at = find(m);
        said = at > 0 ? (size_t)at : m->body_len;
    }
    return said < m->body_len ? said : m->body_len;
}

int plug_icmp_ext_next(const struct plug_icmp *m, size_t *at, struct plug_icmp_ext *ret_ext)
{
    if (*at == 0) {
        int first = find(m);
        if (first <= 0)
            return first;
        *at = (size_t)first + PLUG__ICMP_EXT_HEADER;
    }
    const uint8_t *b = m->body + *at;
    size_t left = m->body_len - *at;
    if (left == 0)
        return 0;
    if (left < OBJECT_HEADER)
        return PLUG_EPACKET_BAD;
    size_t len = plug_get_be16(b);
    if (len < OBJECT_HEADER || len % 4 || len > left)
        return PLUG_EPACKET_BAD;
    *ret_ext = (struct plug_icmp_ext){b[2], b[3], b + OBJECT_HEADER, len - OBJECT_HEADER};
    *at += len;
    return 1;
}

int plug_icmp_ext_put(void *objects, size_t size, size_t len, const struct plug_icmp_ext *e)
{
    size_t padded = (e->len + 3) / 4 * 4, object = OBJECT_HEADER + padded;

    if (e->len > 65528)
        return PLUG_ERANGE;
    if (len > size || size - len < object)
        return -ENOSPC;
    uint8_t *b = (uint8_t *)objects + len;
    plug_put_be16(b, (uint16_t)object);
    b[2] = e->class_num;
    b[3] = e->c_type;
    if (e->len > 0)
        memcpy(b + OBJECT_HEADER, e->data, e->len);
    memset(b + OBJECT_HEADER + e->len, 0, padded - e->len);
    return (int)(len + object);
}

int plug_icmp_mpls(const struct plug_icmp_ext *e, size_t index, struct plug_mpls_label *ret_label)
{
    if (e->class_num != PLUG_ICMP_CLASS_MPLS || e->c_type != 1 || index >= e->len / LABEL_LEN)
        return 0;
    uint32_t entry = plug_get_be32(e->data + LABEL_LEN * index);
    *ret_label = (struct plug_mpls_label){.label = entry >> 12,
                                          .tc = entry >> 9 & 7,
                                          .bottom = entry >> 8 & 1,
                                          .ttl = (uint8_t)entry};
    return 1;
}
