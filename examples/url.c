/* SPDX-License-Identifier: MIT */
/*
 * Shows    URLs to default ports, and ports back to URLs
 * Needs    nothing: the ports are in a table of plug
 * Run      url [URL...]
 * Try with url http://www.python.org https://h:8443/ mailto:a@b http://127.1/
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static int show_port(const char *text)
{
    struct plug_url u;
    size_t where = 0;
    int port, err = plug_url_parse(text, &u, &where);
    if (err < 0) {
        fprintf(stderr, "url: %s: %s (byte %zu)\n", text, plug_strerror(err), where + 1);
        return err;
    }
    if ((port = plug_url_port(&u)) < 0)
        fprintf(stderr, "url: %s: %s\n", text, plug_strerror(port));
    else
        printf("%6.*s : %d\n", (int)u.scheme.len, u.scheme.ptr, port);
    return port;
}

static int show_url(int port)
{
    struct plug_url u = PLUG_URL;
    char scheme[32], text[64];
    int n = plug_url_scheme_of_port(port, scheme, sizeof scheme);
    if (n < 0)
        return n;
    u.scheme = (struct plug_span){scheme, (size_t)n};
    u.host = (struct plug_span){"example.com", 11};
    u.path = (struct plug_span){"/", 1};
    plug_url_text(&u, text, sizeof text);
    printf("%6d : %s\n", port, text);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const urls[] = {
        "http://www.python.org",         "https://www.mybank.com",  "ftp://prep.ai.mit.edu",
        "gopher://gopher.micro.umn.edu", "smtp://mail.example.com", "imap://mail.example.com",
        "imaps://mail.example.com",      "pop3://pop.example.com",  "pop3s://pop.example.com"};
    static const int ports[] = {80, 443, 21, 70, 25, 143, 993, 110, 995};
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= show_port(argv[i]) < 0;
    for (size_t i = 0; argc == 1 && i < sizeof urls / sizeof *urls; i++)
        failed |= show_port(urls[i]) < 0;
    for (size_t i = 0; argc == 1 && i < sizeof ports / sizeof *ports; i++)
        failed |= show_url(ports[i]) < 0;
    return failed;
}
