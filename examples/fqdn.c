/* SPDX-License-Identifier: MIT */
/*
 * Shows    full host names, within one deadline for all of them
 * Needs    nothing; names of the Internet need DNS
 * Run      fqdn [NAME...]        without a name: this machine
 * Try with fqdn; fqdn localhost 127.0.0.1
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static void print_fqdn(const char *name)
{
    char full[256], safe[1024];

    plug_fqdn(name, full, sizeof full);
    plug_text_escape(PLUG_TEXT_TTY, full, strlen(full), safe, sizeof safe);
    printf("%6s : %s\n", name, safe);
}

int main(int argc, char **argv)
{
    struct plug_deadline all;

    plug_deadline_enter(&all, PLUG_S(5));
    if (argc == 1)
        print_fqdn("");
    for (int i = 1; i < argc; i++)
        print_fqdn(argv[i]);
    plug_deadline_leave(&all);
    return 0;
}
