/* SPDX-License-Identifier: MIT */
/* Forward confirmation by questions to DNS alone. */
#include "net/confirm.h"
#include "wire/dns_message.h"

#include <plug/dns.h>
#include <plug/err.h>

static int forward_by_dns(const char *name, const struct plug_addr *addr, const void *opts)
{
    unsigned type = plug_addr_family(addr) == AF_INET ? PLUG__DNS_A : PLUG__DNS_AAAA;
    struct plug_dns_reply *reply;
    int result = PLUG_CONFIRM_DIFFER;
    int err = plug_dns_query(name, type, opts, &reply, NULL);

    if (err < 0)
        return err;
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->record[i].type == type && plug_addr_same_host(&reply->record[i].addr, addr))
            result = PLUG_CONFIRMED;
    }
    plug_dns_free(reply);
    return result;
}

static int confirm_reply(const struct plug_addr *addr, const struct plug_dns_opts *opts,
                         const struct plug_dns_reply *reply, char **ret_name, int *ret_error)
{
    const char *names[PLUG_CONFIRM_NAMES];
    size_t count = 0;

    for (size_t i = 0; i < reply->count && count < PLUG_CONFIRM_NAMES; i++) {
        if (reply->record[i].type == PLUG__DNS_PTR)
            names[count++] = reply->record[i].target;
    }
    return plug__confirm_names(addr, names, count, forward_by_dns, opts, ret_name, ret_error);
}

int plug_dns_confirm(const struct plug_addr *addr, const struct plug_dns_opts *opts,
                     char **ret_name, int *ret_error)
{
    struct plug_addr plain = *addr;
    struct plug_dns_reply *reply;
    char name[PLUG_DNS_NAME_TEXT];

    plug_addr_unmap(&plain);
    int err = plug_dns_reverse_name(&plain, name, sizeof name);
    if (err >= 0)
        err = plug_dns_query(name, PLUG__DNS_PTR, opts, &reply, NULL);
    if (err == PLUG_EDNS_NXDOMAIN || err == PLUG_EDNS_NODATA) {
        *ret_name = NULL;
        *ret_error = 0;
        return PLUG_CONFIRM_NONE;
    }
    if (err < 0)
        return err;
    err = confirm_reply(&plain, opts, reply, ret_name, ret_error);
    plug_dns_free(reply);
    return err;
}
