/* SPDX-License-Identifier: MIT */
/* Endpoints: every form, what is refused, limits, and reading back. */
#include "t.h"
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

T_TEST_PLAIN(endpoints)
{
    static const struct {
        const char *text, *canonical, *host, *service;
        int family, type;
    } cases[] = {
        {"tcp://127.0.0.1:80", "tcp://127.0.0.1:80", "127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM},
        {"TCP://Example.com:http", "tcp://Example.com:http", "Example.com", "http", AF_UNSPEC,
         SOCK_STREAM},
        {"tcp4://h:1", "tcp4://h:1", "h", "1", AF_INET, SOCK_STREAM},
        {"tcp6://[0:0::1]:1", "tcp6://[::1]:1", "::1", "1", AF_INET6, SOCK_STREAM},
        {"tls://h:443", "tls://h:443", "h", "443", AF_UNSPEC, SOCK_STREAM},
        {"udp://*:0053", "udp://*:53", "*", "53", AF_UNSPEC, SOCK_DGRAM},
        {"udp4://:0", "udp4://:0", "", "0", AF_INET, SOCK_DGRAM},
        {"udp6://[::]:65535", "udp6://[::]:65535", "::", "65535", AF_INET6, SOCK_DGRAM},
        {"localhost:8080", "tcp://localhost:8080", "localhost", "8080", AF_UNSPEC, SOCK_STREAM},
        {"[2001:DB8::1]:ssh", "tcp://[2001:db8::1]:ssh", "2001:db8::1", "ssh", AF_UNSPEC,
         SOCK_STREAM},
        {":80", "tcp://:80", "", "80", AF_UNSPEC, SOCK_STREAM},
        {"*:80", "tcp://*:80", "*", "80", AF_UNSPEC, SOCK_STREAM},
        {"tcp:80", "tcp://tcp:80", "tcp", "80", AF_UNSPEC, SOCK_STREAM},
        {"tcp://h%2Di:1", "tcp://h-i:1", "h-i", "1", AF_UNSPEC, SOCK_STREAM},
        {"tcp://[fe80::1%2577]:1", "tcp://[fe80::1%2577]:1", "fe80::1%77", "1", AF_UNSPEC,
         SOCK_STREAM},
        {"[fe80::1%77]:1", "tcp://[fe80::1%2577]:1", "fe80::1%77", "1", AF_UNSPEC, SOCK_STREAM},
        {"[fe80::1%25]:1", "tcp://[fe80::1%2525]:1", "fe80::1%25", "1", AF_UNSPEC, SOCK_STREAM},
        {"tcp://caf\xc3\xa9:1", "tcp://caf%C3%A9:1", "caf\xc3\xa9", "1", AF_UNSPEC, SOCK_STREAM},
        {"unix:///run/x", "unix:///run/x", "/run/x", "", AF_UNIX, SOCK_STREAM},
        {"unix:/run/x", "unix:///run/x", "/run/x", "", AF_UNIX, SOCK_STREAM},
        {"UNIX:rel/x", "unix:rel/x", "rel/x", "", AF_UNIX, SOCK_STREAM},
        {"unix:a:b?c#d", "unix:a:b%3Fc%23d", "a:b?c#d", "", AF_UNIX, SOCK_STREAM},
        {"unix:/a b%25", "unix:///a%20b%25", "/a b%", "", AF_UNIX, SOCK_STREAM},
        {"unix:%40x", "unix:%40x", "@x", "", AF_UNIX, SOCK_STREAM},
        {"unix-dgram:///x", "unix-dgram:///x", "/x", "", AF_UNIX, SOCK_DGRAM},
        {"seqpacket:x", "seqpacket:x", "x", "", AF_UNIX, SOCK_SEQPACKET},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plug_endpoint e, again;
        char text[1200];

        if (plug_endpoint_parse(cases[i].text, &e) != 0)
            T_FAIL("%s: %s", cases[i].text, plug_err_name(plug_endpoint_parse(cases[i].text, &e)));
        T_STR(e.host, cases[i].host);
        T_EQ(e.host_len, strlen(cases[i].host));
        T_STR(e.service, cases[i].service);
        T_EQ(e.family, cases[i].family);
        T_EQ(e.type, cases[i].type);
        T_EQ(e.tls, strcmp(e.scheme, "tls") == 0);
        T_EQ(plug_endpoint_text(&e, text, sizeof text), strlen(cases[i].canonical));
        T_STR(text, cases[i].canonical);
        T_OK(plug_endpoint_parse(text, &again));
        T_MEM(&again, &e, sizeof e);
    }
}

T_TEST_PLAIN(abstract_endpoints)
{
    struct plug_endpoint e;
    char text[512];

    T_OK(plug_endpoint_parse("unix:@name", &e));
    T_EQ(e.host_len, 5);
    T_MEM(e.host, "\0name", 5);
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "unix:@name");
    T_OK(plug_endpoint_parse("unix://@a%00b", &e));
    T_EQ(e.host_len, 4);
    T_MEM(e.host, "\0a\0b", 4);
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "unix:@a%00b");
    T_OK(plug_endpoint_parse("unix:@", &e)); /* autobind */
    T_EQ(e.host_len, 0);
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "unix:@");
}

T_TEST_PLAIN(endpoints_refused)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"", PLUG_EPORT},
        {"localhost", PLUG_EPORT},
        {"localhost:", PLUG_EPORT},
        {"80", PLUG_EADDR},
        {"tcp://h", PLUG_EPORT},
        {"tcp://h:65536", PLUG_EPORT},
        {"tcp://h:-1", PLUG_EPORT},
        {"tcp://h:a b", PLUG_EPORT},
        {"tcp://h:99999999999999999999999", PLUG_EPORT},
        {"tcp://h:80/", PLUG_EURL},
        {"tcp://h:80/path", PLUG_EURL},
        {"tcp://h:80?q", PLUG_EURL},
        {"tcp://u@h:80", PLUG_EURL},
        {"tcp://h:80:90", PLUG_EADDR},
        {"::1:80", PLUG_EADDR},
        {"tcp://::1:80", PLUG_EADDR},
        {"tcp://[::1:80", PLUG_EURL},
        {"tcp://[::1]80", PLUG_EURL},
        {"tcp://[::1]", PLUG_EPORT},
        {"tcp://[127.0.0.1]:80", PLUG_EADDR},
        {"tcp://[h]:80", PLUG_EADDR},
        {"tcp://[]:80", PLUG_EADDR},
        {"tcp://127.1:80", PLUG_EADDR},
        {"tcp://0x7f000001:80", PLUG_EADDR},
        {"tcp://256.1.1.1:80", PLUG_EADDR},
        {"tcp://%31%32%37.1:80", PLUG_EADDR},
        {"tcp://a%00b:80", PLUG_EADDR},
        {"tcp://a%zz:80", PLUG_EURL},
        {"a%41:80", PLUG_EADDR},
        {"tcp://a b:80", PLUG_EADDR},
        {"tcp://\xff:80", PLUG_EADDR},
        {"tcp4://[::1]:80", PLUG_EADDR},
        {"tcp6://127.0.0.1:80", PLUG_EADDR},
        {"tcp://[fe80::1%nonexistent0]:80", PLUG_ESCOPE},
        {"http://h:80", PLUG_ESCHEME},
        {"://h:80", PLUG_ESCHEME},
        {"tcp5://h:80", PLUG_ESCHEME},
        {"unix:", PLUG_EURL},
        {"unix://", PLUG_EURL},
        {"unix://name", PLUG_EURL},
        {"unix://host/path", PLUG_EURL},
        {"unix:/a%00b", PLUG_EURL},
        {"unix:%00a", PLUG_EURL},
        {"unix:/a%4", PLUG_EURL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plug_endpoint e, before;

        memset(&e, 0x5A, sizeof e);
        before = e;
        if (plug_endpoint_parse(cases[i].text, &e) != cases[i].err)
            T_FAIL("\"%s\": %s, expected %s", cases[i].text,
                   plug_err_name(plug_endpoint_parse(cases[i].text, &e)),
                   plug_err_name(cases[i].err));
        T_MEM(&e, &before, sizeof e);
    }
}

T_TEST_PLAIN(endpoint_lengths)
{
    struct plug_endpoint e;
    char text[600];

    for (size_t n = 106; n <= 109; n++) { /* UNIX paths: 107 bytes and a NUL */
        int len = snprintf(text, sizeof text, "unix:/%0*d", (int)n - 1, 0);

        T_EQ(len, n + 5);
        T_EQ(plug_endpoint_parse(text, &e), n <= 107 ? 0 : -ENAMETOOLONG);
        text[5] = '@';
        T_EQ(plug_endpoint_parse(text, &e), n <= 108 ? 0 : -ENAMETOOLONG);
    }
    memset(text, 'h', sizeof text);
    strcpy(text + 400, ":1");
    T_ERR(plug_endpoint_parse(text, &e), -ENAMETOOLONG);
    T_EQ(plug_endpoint_parse(text + 400 - PLUG_URL_HOST_MAX, &e), 0);
    T_ERR(plug_endpoint_parse(text + 400 - PLUG_URL_HOST_MAX - 1, &e), -ENAMETOOLONG);
    memcpy(text, "unix:", 5);
    T_ERR(plug_endpoint_parse(text, &e), -ENAMETOOLONG);
    memset(text, 's', sizeof text);
    memcpy(text, "h:", 2);
    text[2 + PLUG_ENDPOINT_SERVICE_MAX] = '\0';
    T_OK(plug_endpoint_parse(text, &e));
    text[2 + PLUG_ENDPOINT_SERVICE_MAX] = 's';
    text[3 + PLUG_ENDPOINT_SERVICE_MAX] = '\0';
    T_ERR(plug_endpoint_parse(text, &e), PLUG_EPORT);
}

T_TEST_PLAIN(host_and_port)
{
    struct plug_endpoint e;
    char text[300];

    T_OK(plug_endpoint_host_port("::1", "80", SOCK_DGRAM, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "udp://[::1]:80");
    T_OK(plug_endpoint_host_port("[::1]", "http", SOCK_STREAM, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "tcp://[::1]:http");
    T_OK(plug_endpoint_host_port("", "1", SOCK_STREAM, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "tcp://:1");
    T_OK(plug_endpoint_host_port("h", "1", SOCK_STREAM, &e));
    T_ERR(plug_endpoint_host_port("h", "", SOCK_STREAM, &e), PLUG_EPORT);
    T_ERR(plug_endpoint_host_port("h", "65536", SOCK_STREAM, &e), PLUG_EPORT);
    T_ERR(plug_endpoint_host_port("h:1", "1", SOCK_STREAM, &e), PLUG_EADDR);
    T_ERR(plug_endpoint_host_port("127.1", "1", SOCK_STREAM, &e), PLUG_EADDR);
    T_ERR(plug_endpoint_host_port("[h]", "1", SOCK_STREAM, &e), PLUG_EADDR);
    T_ERR(plug_endpoint_host_port("h", "1", SOCK_SEQPACKET, &e), -EINVAL);
    T_ERR(plug_endpoint_host_port("h", "1", SOCK_RAW, &e), -EINVAL);
}

T_TEST_PLAIN(endpoints_of_addresses)
{
    struct plug_endpoint e;
    struct plug_addr a;
    char text[512];

    T_OK(plug_addr_parse("127.0.0.1:41213", &a));
    T_OK(plug_endpoint_from_addr(&a, SOCK_STREAM, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "tcp://127.0.0.1:41213");
    T_OK(plug_addr_parse("[fe80::1%77]:5", &a));
    T_OK(plug_endpoint_from_addr(&a, SOCK_DGRAM, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "udp://[fe80::1%2577]:5");
    T_ERR(plug_endpoint_from_addr(&a, SOCK_RAW, &e), -EINVAL);
    T_OK(plug_addr_unix("\0a b", 4, &a));
    T_OK(plug_endpoint_from_addr(&a, SOCK_SEQPACKET, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "seqpacket:@a%20b");
    T_OK(plug_addr_unix(NULL, 0, &a));
    T_OK(plug_endpoint_from_addr(&a, SOCK_STREAM, &e));
    (void)plug_endpoint_text(&e, text, sizeof text);
    T_STR(text, "unix:@");
    plug_addr_netlink(1, 1, &a);
    T_ERR(plug_endpoint_from_addr(&a, SOCK_DGRAM, &e), -EAFNOSUPPORT);
}

/* Any text: no reading outside; what is accepted has a canonical text that means the same. */
T_TEST_PLAIN(any_endpoint_reads_back)
{
    static const char *const pieces[] = {
        "tcp", "udp6", "unix", ":", "//",  "/",   "@",   "[::1]",    "[",          "]",
        "h",   "80",   "*",    "%", "%40", "%00", "ssh", "\xc3\xa9", "fe80::1%25", "9"};
    unsigned accepted = 0;

    for (int i = 0; i < 300000; i++) {
        char text[256] = "", canonical[1200];
        struct plug_endpoint e, again;
        size_t len = 0, n = t_below(9);

        for (; n-- > 0; len += strlen(text + len))
            strcpy(text + len, pieces[t_below(COUNT(pieces))]);
        if (plug_endpoint_parse(text, &e) < 0)
            continue;
        accepted++;
        (void)plug_endpoint_text(&e, canonical, sizeof canonical);
        if (plug_endpoint_parse(canonical, &again) != 0)
            T_FAIL("%s: %s is refused", text, canonical);
        T_MEM(&again, &e, sizeof e);
    }
    T_TRUE(accepted > 1000);
}
