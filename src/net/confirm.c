/* SPDX-License-Identifier: MIT */
/* Forward-confirmed reverse DNS: does a name of this address lead back to it? */
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/text.h>
#include <string.h>

/* PLUG_CONFIRMED or _DIFFER, or the error of the look-up. */
static int confirm_name(const struct plug_addr *addr, const char *name)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    int result = PLUG_CONFIRM_DIFFER;

    if (!plug_hostname_valid(name, strlen(name)))
        return PLUG_EDNS_BADNAME;
    o.family = plug_addr_family(addr);
    o.type = SOCK_STREAM;
    int err = plug_resolve(name, NULL, &o, &list);
    if (err < 0)
        return err;
    for (size_t i = 0; i < list->count && result != PLUG_CONFIRMED; i++) {
        if (plug_addr_same_host(&list->item[i].addr, addr))
            result = PLUG_CONFIRMED;
    }
    plug_resolve_free(list);
    return result;
}

/* The error is about the name; any other one is about us: out of time, memory, descriptors. */
static bool is_answer(int err)
{
    enum plug_err_domain d = plug_err_domain(err);
    return err >= 0 ||
           (err != PLUG_EAI_MEMORY && (d == PLUG_DOMAIN_RESOLVER || d == PLUG_DOMAIN_DNS));
}

/* The official name decides, unless an alias confirms. */
static int confirm_names(const struct plug_addr *addr, const struct plug_hostent *ent,
                         const char **ret_name)
{
    int first = confirm_name(addr, ent->name), result = first;

    *ret_name = ent->name;
    for (size_t i = 0; i < ent->alias_count && result != PLUG_CONFIRMED && is_answer(result); i++) {
        result = confirm_name(addr, ent->aliases[i]);
        if (result == PLUG_CONFIRMED)
            *ret_name = ent->aliases[i];
    }
    return result == PLUG_CONFIRMED || !is_answer(result) ? result : first;
}

static int confirm_ent(const struct plug_addr *addr, const struct plug_hostent *ent,
                       char **ret_name, int *ret_error)
{
    const char *name;
    int result = confirm_names(addr, ent, &name);

    if (!is_answer(result))
        return result;
    char *copy = plug_strdup(name);
    if (!copy)
        return -ENOMEM;
    *ret_name = copy;
    *ret_error = result < 0 ? result : 0;
    return result < 0 ? PLUG_CONFIRM_FAIL : result;
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
