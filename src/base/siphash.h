/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_SIPHASH_H
#define PLUG_BASE_SIPHASH_H
/*
 * SipHash-2-4 (Aumasson, Bernstein, 2012): a keyed 64-bit code for short inputs. Who does not know
 * the key can neither make nor guess it.
 */
#include <plug/base.h>

struct plug__sipkey {
    uint64_t k0, k1;
};

/* A key from the kernel's generator. 0, or what getrandom said. */
PLUG_MUST int plug__sipkey_random(struct plug__sipkey *ret_key);

uint64_t plug__siphash(const struct plug__sipkey *key, const void *bytes, size_t len);

#endif
