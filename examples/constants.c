/* SPDX-License-Identifier: MIT */
/*
 * Shows    the numbers of the socket headers by name and back; protocols and interfaces by name
 * Needs    nothing
 * Run      constants [PREFIX...]
 * Try with constants AF_ SOCK_ AI_
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static void show_all(const char *prefix)
{
    for (const struct plug_constant *c = NULL; (c = plug_constant_next(prefix, c));)
        printf("%-24s %lld\n", c->name, (long long)c->value);
}

static void show_protocols(void)
{
    static const char *const names[] = {"icmp", "udp", "tcp", "sctp"};
    char text[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int number = plug_protocol_number(names[i]);
        if (number < 0)
            continue;
        plug_constant_text("IPPROTO_", number, text, sizeof text); /* never fails: at worst "132" */
        printf("%4s -> %3d (%s)\n", names[i], number, text);
    }
}

static int show_interfaces(void)
{
    struct plug_iface_list *list;
    char name[64], flags[256];
    int err = plug_iface_list(&list);
    if (err < 0)
        return err;
    for (size_t i = 0; i < list->count; i++) {
        const struct plug_iface *f = &list->item[i];
        plug_text_escape(PLUG_TEXT_TTY, f->name, strlen(f->name), name, sizeof name);
        plug_constant_flags("IFF_", f->flags, flags, sizeof flags);
        printf("%u %s mtu %d %s\n", f->index, name, f->mtu, flags);
    }
    plug_iface_free(list);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        show_all(argv[i]);
    if (argc > 1)
        return 0;
    show_all("IPPROTO_");
    show_protocols();
    int err = show_interfaces();
    if (err < 0)
        fprintf(stderr, "constants: interfaces: %s\n", plug_strerror(err));
    return err < 0;
}
