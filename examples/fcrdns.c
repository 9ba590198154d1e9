/* SPDX-License-Identifier: MIT */
/*
 * Shows    forward-confirmed reverse DNS: a name of an address is believed when it leads back
 * Needs    nothing; addresses of the Internet need DNS
 * Run      fcrdns [ADDRESS]        exit 0: confirmed, or no name; 1: not confirmed; 2: cannot tell
 * Try with fcrdns 127.0.0.1; fcrdns 192.0.2.1
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static int report(const char *ip, int outcome, const char *name, int error)
{
    char safe[1024] = "";

    if (name)
        plug_text_escape(PLUG_TEXT_TTY, name, strlen(name), safe, sizeof safe);
    switch (outcome) {
    case PLUG_CONFIRMED:
        printf("Validated hostname: %s\n", safe);
        return 0;
    case PLUG_CONFIRM_NONE:
        printf("No host names available for %s; this may be normal.\n", ip);
        return 0;
    case PLUG_CONFIRM_FAIL:
        printf("Got hostname %s, but it could not be forward-resolved: %s\n", safe,
               plug_strerror(error));
        return 1;
    default:
        printf("Got hostname %s, but on forward lookup, original IP %s did not appear in IP "
               "address list.\n",
               safe, ip);
        return 1;
    }
}

int main(int argc, char **argv)
{
    const char *ip = argc > 1 ? argv[1] : "127.0.0.1";
    struct plug_deadline scope;
    struct plug_addr addr;
    char *name = NULL;
    int error, rc = plug_addr_parse_ip(ip, AF_UNSPEC, 0, &addr);

    plug_deadline_enter(&scope, PLUG_S(10));
    if (rc == 0)
        rc = plug_confirm(&addr, &name, &error);
    plug_deadline_leave(&scope);
    if (rc < 0) {
        fprintf(stderr, "fcrdns: %s: %s\n", ip, plug_strerror(rc));
        return 2;
    }
    rc = report(ip, rc, name, error);
    plug_free(name);
    return rc;
}
