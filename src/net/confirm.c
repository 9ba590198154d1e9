/* SPDX-License-Identifier: MIT */
/* Forward-confirmed reverse DNS: does a name of this address lead back to it? */
#include "net/confirm.h"

#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/text.h>
#include <string.h>

/* The error is about the name; any other one is about us: out of time, memory, descriptors. */
static bool is_answer(int err)
{
    enum plug_err_domain d = plug_err_domain(err);

    return err >= 0 ||
           (err != PLUG_EAI_MEMORY && (d == PLUG_DOMAIN_RESOLVER || d == PLUG_DOMAIN_DNS));
}

/* The first name decides, unless another one confirms. *ret_which: the one that decided. */
static int decide(const struct plug_addr *addr, const char *const *names, size_t count,
                  plug__forward_fn *forward, const void *arg, size_t *ret_which)
{
    int first = 0;

    *ret_which = 0;
    for (size_t i = 0; i < count && i < PLUG_CONFIRM_NAMES; i++) {
        bool good = plug_hostname_valid(names[i], strlen(names[i]));
        int r = good ? forward(names[i], addr, arg) : PLUG_EDNS_BADNAME;
        if (r == PLUG_CONFIRMED)
            *ret_which = i;
        if (r == PLUG_CONFIRMED || !is_answer(r))
            return r;
        if (i == 0)
            first = r;
    }
    return first;
}

int plug__confirm_names(const struct plug_addr *addr, const char *const *names, size_t count,
                        plug__forward_fn *forward, const void *arg, char **ret_name, int *ret_error)
{
    size_t which;
    int r = decide(addr, names, count, forward, arg, &which);

    if (!is_answer(r))
        return r;
    char *name = plug_strdup(names[which]);
    if (!name)
        return -ENOMEM;
    *ret_name = name;
    *ret_error = r < 0 ? r : 0;
    return r < 0 ? PLUG_CONFIRM_FAIL : r;
}

/* --- through the system ----------------------------------------------------------------------- */

static int forward_by_system(const char *name, const struct plug_addr *addr, const void *arg)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    int result = PLUG_CONFIRM_DIFFER;

    (void)arg;
    o.family = plug_addr_family(addr);
    o.type = SOCK_STREAM;
    int err = plug_resolve(name, NULL, &o, &list);
    if (err < 0)
        return err;
    for (size_t i = 0; i < list->count; i++) {
        if (plug_addr_same_host(&list->item[i].addr, addr))
            result = PLUG_CONFIRMED;
    }
    plug_resolve_free(list);
    return result;
}

/* The official name, then the aliases. */
static int confirm_ent(const struct plug_addr *addr, const struct plug_hostent *ent,
                       char **ret_name, int *ret_error)
{
    const char *names[PLUG_CONFIRM_NAMES] = {ent->name};
    size_t count = 1;

    while (count < PLUG_CONFIRM_NAMES && count <= ent->alias_count) {
        names[count] = ent->aliases[count - 1];
        count++;
    }
    return plug__confirm_names(addr, names, count, forward_by_system, NULL, ret_name, ret_error);
}

int plug_confirm(const struct plug_addr *addr, char **ret_name, int *ret_error)
{
    struct plug_addr plain = *addr;
    struct plug_hostent *ent;

    plug_addr_unmap(&plain);
    int err = plug_hostent_by_addr(&plain, &ent);
    if (err == PLUG_EHOST_NOT_FOUND || err == PLUG_EHOST_NO_DATA) {
        *ret_name = NULL;
        *ret_error = 0;
        return PLUG_CONFIRM_NONE;
    }
    if (err < 0)
        return err;
    err = confirm_ent(&plain, ent, ret_name, ret_error);
    plug_hostent_free(ent);
    return err;
}
