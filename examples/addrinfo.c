/* SPDX-License-Identifier: MIT */
/*
 * Shows    the 5-tuples of getaddrinfo, with names for what has one and numbers for the rest
 * Needs    nothing; names of the Internet need DNS
 * Run      addrinfo [HOST [SERVICE]]
 * Try with addrinfo localhost http; addrinfo ::1 53
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static void print_tuple(const struct plug_addrinfo *i)
{
    char family[32], type[32], proto[32], canon[1024] = "", addr[PLUG_ADDR_TEXT];

    plug_constant_text("AF_", i->family, family, sizeof family);
    plug_constant_text("SOCK_", i->type, type, sizeof type);
    plug_constant_text("IPPROTO_", i->proto, proto, sizeof proto);
    if (i->canonname)
        plug_text_escape(PLUG_TEXT_TTY, i->canonname, strlen(i->canonname), canon, sizeof canon);
    plug_addr_text(&i->addr, addr, sizeof addr);
    printf("Family        : %s\nType          : %s\nProtocol      : %s\nCanonical name: %s\n"
           "Socket address: %s\n\n",
           family, type, proto, canon, addr);
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost", *service = argc > 2 ? argv[2] : NULL;
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;

    o.flags = AI_CANONNAME;
    o.timeout = PLUG_S(5);
    int err = plug_resolve(host, service, &o, &list);
    if (err < 0) {
        fprintf(stderr, "addrinfo: %s: %s\n", host, plug_strerror(err));
        return 1;
    }
    for (size_t i = 0; i < list->count; i++)
        print_tuple(&list->item[i]);
    plug_resolve_free(list);
    return 0;
}
