/* SPDX-License-Identifier: MIT */
#ifndef APP_TARGETS_IMPL_H
#define APP_TARGETS_IMPL_H
/*
 * What the files of struct plug_targets share.
 *
 * Layer: app, private.
 */
#include <plug/targets.h>

/* An address as a number: IPv4 as ::ffff:a.b.c.d. */
typedef unsigned __int128 plug__ip;

struct plug__target_range {
    uint64_t high, low; /* the first address */
    uint32_t scope;
    uint32_t count;
    uint32_t start; /* how many addresses of the sealed set come before it */
};

struct plug__target_name {
    uint64_t high, low;
    uint32_t scope;
    uint32_t order; /* when it was added */
    char *name;
};

struct plug_targets {
    struct plug__target_range *range;
    size_t ranges, room;
    struct plug__target_name *name;
    size_t names, name_room;
    uint32_t max, count;
    int family;
    bool sealed;
};

/* 4 bytes (AF_INET) or 16. */
plug__ip plug__ip_of_bytes(int family, const void *bytes);
/* Port and flow label do not count. False, and 0: not IPv4 or IPv6. */
bool plug__ip_of_addr(const struct plug_addr *a, plug__ip *ret_ip, uint32_t *ret_scope);
void plug__addr_of_ip(plug__ip ip, uint32_t scope, struct plug_addr *ret_addr);

/* Does the sealed set have addresses of this family? */
bool plug__targets_have(const struct plug_targets *t, int family);

#endif
