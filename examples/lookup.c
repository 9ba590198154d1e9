/* SPDX-License-Identifier: MIT */
/*
 * Shows    names to addresses, as "name : address" or why not; with -x official name and aliases
 * Needs    nothing; names of the Internet need DNS
 * Run      lookup [-x] [NAME...]
 * Try with lookup localhost nosuch.invalid; lookup -x localhost
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static void addresses(const char *name)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    char text[PLUG_ADDR_TEXT];

    o.type = SOCK_STREAM;
    o.timeout = PLUG_S(5);
    int err = plug_resolve(name, NULL, &o, &list);
    if (err < 0) {
        printf("%s : %s\n", name, plug_strerror(err));
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        plug_addr_text(&list->item[i].addr, text, sizeof text);
        printf("%s : %s\n", name, text);
    }
    plug_resolve_free(list);
}

static void entry(const char *name)
{
    struct plug_hostent *e;
    char text[PLUG_ADDR_TEXT];
    int err = plug_hostent_by_name(name, AF_INET, &e);

    if (err < 0) {
        printf("%s\n  ERROR: %s\n", name, plug_strerror(err));
        return;
    }
    plug_text_escape(PLUG_TEXT_TTY, e->name, strlen(e->name), text, sizeof text);
    printf("%s\n  Hostname: %s\n  Aliases : %zu\n  Addresses:", name, text, e->alias_count);
    for (size_t i = 0; i < e->addr_count; i++) {
        plug_addr_text(&e->addrs[i], text, sizeof text);
        printf(" %s", text);
    }
    puts("");
    plug_hostent_free(e);
}

int main(int argc, char **argv)
{
    int first = argc > 1 && strcmp(argv[1], "-x") == 0 ? 2 : 1;

    for (int i = first; i < argc || (i == 1 && argc == 1); i++)
        (first == 2 ? entry : addresses)(i < argc ? argv[i] : "localhost");
    return 0;
}
