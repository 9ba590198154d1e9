/* SPDX-License-Identifier: MIT */
#ifndef NET_CONFIRM_H
#define NET_CONFIRM_H
/* Forward confirmation, whichever way names are looked up. */
#include <plug/resolve.h>

/* Does name lead to addr? PLUG_CONFIRMED, PLUG_CONFIRM_DIFFER, or the error of the look-up. */
typedef int plug__forward_fn(const char *name, const struct plug_addr *addr, const void *arg);

/* The outcome for an address that has these names (at least one), as plug_confirm tells it. */
int plug__confirm_names(const struct plug_addr *addr, const char *const *names, size_t count,
                        plug__forward_fn *forward, const void *arg, char **ret_name,
                        int *ret_error);

#endif
