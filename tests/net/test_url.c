/* SPDX-License-Identifier: MIT */
/* URLs against the examples of RFC 3986, and what other parsers read differently. */
#include "t.h"
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *span_text(struct plug_span s)
{
    static char text[8][128];
    static unsigned next;
    char *t = text[next++ % 8];

    if (!s.ptr)
        return "(absent)";
    T_TRUE(s.len < sizeof text[0]);
    memcpy(t, s.ptr, s.len);
    t[s.len] = '\0';
    return t;
}

/* --- splitting ---------------------------------------------------------------------------- */

T_TEST_PLAIN(parse_splits)
{
    static const struct {
        const char *text, *scheme, *userinfo, *host, *port_text, *path, *query, *fragment;
        int port;
        bool bracketed;
    } cases[] = {
        {"https://user@[::1]:8443/a%20b?q=1#f", "https", "user", "::1", "8443", "/a%20b", "q=1",
         "f", 8443, true},
        {"http://example.com", "http", "(absent)", "example.com", "(absent)", "", "(absent)",
         "(absent)", -1, false},
        {"HTTP://EXAMPLE.com:/?#", "HTTP", "(absent)", "EXAMPLE.com", "", "/", "", "", -1, false},
        {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "ftp", "(absent)", "ftp.is.co.za", "(absent)",
         "/rfc/rfc1808.txt", "(absent)", "(absent)", -1, false},
        {"ldap://[2001:db8::7]/c=GB?objectClass?one", "ldap", "(absent)", "2001:db8::7", "(absent)",
         "/c=GB", "objectClass?one", "(absent)", -1, true},
        {"mailto:John.Doe@example.com", "mailto", "(absent)", "(absent)", "(absent)",
         "John.Doe@example.com", "(absent)", "(absent)", -1, false},
        {"news:comp.infosystems.www.servers.unix", "news", "(absent)", "(absent)", "(absent)",
         "comp.infosystems.www.servers.unix", "(absent)", "(absent)", -1, false},
        {"tel:+1-816-555-1212", "tel", "(absent)", "(absent)", "(absent)", "+1-816-555-1212",
         "(absent)", "(absent)", -1, false},
        {"telnet://192.0.2.16:80/", "telnet", "(absent)", "192.0.2.16", "80", "/", "(absent)",
         "(absent)", 80, false},
        {"urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "urn", "(absent)", "(absent)",
         "(absent)", "oasis:names:specification:docbook:dtd:xml:4.1.2", "(absent)", "(absent)", -1,
         false},
        {"file:///etc/hosts", "file", "(absent)", "", "(absent)", "/etc/hosts", "(absent)",
         "(absent)", -1, false},
        {"x-y+z.9:", "x-y+z.9", "(absent)", "(absent)", "(absent)", "", "(absent)", "(absent)", -1,
         false},
        {"http://u:p:q@h:65535//x;y=1,2/@:", "http", "u:p:q", "h", "65535",
         "//x;y=1,2/@:", "(absent)", "(absent)", 65535, false},
        {"http://@h:0080", "http", "", "h", "0080", "", "(absent)", "(absent)", 80, false},
        {"http://[v1F.a:b]/", "http", "(absent)", "v1F.a:b", "(absent)", "/", "(absent)",
         "(absent)", -1, true},
        {"http://[fe80::1%25eth0]:1/", "http", "(absent)", "fe80::1%25eth0", "1", "/", "(absent)",
         "(absent)", 1, true},
        {"http://caf%C3%A9.example/", "http", "(absent)", "caf%C3%A9.example", "(absent)", "/",
         "(absent)", "(absent)", -1, false},
        {"http://1.2.3.4.example/", "http", "(absent)", "1.2.3.4.example", "(absent)", "/",
         "(absent)", "(absent)", -1, false},
        {"http://a/b?c/d?e#f/g?h", "http", "(absent)", "a", "(absent)", "/b", "c/d?e", "f/g?h", -1,
         false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plug_url u;
        char text[128];
        size_t where = 12345;

        if (plug_url_parse(cases[i].text, &u, &where) != 0)
            T_FAIL("%s: refused at %zu", cases[i].text, where);
        T_EQ(where, 12345);
        T_STR(span_text(u.scheme), cases[i].scheme);
        T_STR(span_text(u.userinfo), cases[i].userinfo);
        T_STR(span_text(u.host), cases[i].host);
        T_STR(span_text(u.port_text), cases[i].port_text);
        T_STR(span_text(u.path), cases[i].path);
        T_STR(span_text(u.query), cases[i].query);
        T_STR(span_text(u.fragment), cases[i].fragment);
        T_EQ(u.port, cases[i].port);
        T_EQ(u.bracketed, cases[i].bracketed);
        T_EQ(plug_url_text(&u, text, sizeof text), strlen(cases[i].text));
        T_STR(text, cases[i].text);
    }
}

static const struct {
    const char *text;
    size_t where;
    int err;
} refused[] = {
    {"", 0, PLUG_EURL},
    {"example.com", 11, PLUG_EURL},
    {"//example.com/", 0, PLUG_EURL},
    {"1http://h/", 0, PLUG_EURL},
    {"ht_tp://h/", 2, PLUG_EURL},
    {"://h/", 0, PLUG_EURL},
    {"http:", 5, PLUG_EURL},
    {"http:///path", 7, PLUG_EURL},
    {"http://:80/", 10, PLUG_EURL},
    {"HTTPS://", 8, PLUG_EURL},
    {"http://h:65536/", 9, PLUG_EPORT},
    {"http://h:99999999999999999999999/", 9, PLUG_EPORT},
    {"http://h:-1/", 9, PLUG_EPORT},
    {"http://h:80x/", 9, PLUG_EPORT},
    {"http://h:%38%30/", 9, PLUG_EPORT},
    {"http://h:80:80/", 9, PLUG_EPORT},
    {"http://h h/", 8, PLUG_EURL},
    {"http://h/a b", 10, PLUG_EURL},
    {" http://h/", 0, PLUG_EURL},
    {"http://h/\n", 9, PLUG_EURL},
    {"http://h/\x7f", 9, PLUG_EURL},
    {"http://h/\x1b[31m", 9, PLUG_EURL},
    {"http://h\\@evil/", 8, PLUG_EURL},
    {"http:\\\\h/", 5, PLUG_EURL},
    {"http://h/%", 9, PLUG_EURL},
    {"http://h/%4", 9, PLUG_EURL},
    {"http://h/%zz", 9, PLUG_EURL},
    {"http://h/%4g", 9, PLUG_EURL},
    {"http://a@b@c/", 10, PLUG_EURL},
    {"http://u[@h/", 8, PLUG_EURL},
    {"http://h/<>", 9, PLUG_EURL},
    {"http://h/\"", 9, PLUG_EURL},
    {"http://h/^", 9, PLUG_EURL},
    {"http://h/`", 9, PLUG_EURL},
    {"http://h/{}", 9, PLUG_EURL},
    {"http://h/|", 9, PLUG_EURL},
    {"http://h/[", 9, PLUG_EURL},
    {"http://h/\xc3\xa9", 9, PLUG_EURL},
    {"http://h/?a[]=1", 11, PLUG_EURL},
    {"http://h/#a#b", 11, PLUG_EURL},
    {"http://[::1/", 7, PLUG_EURL},
    {"http://[::1]x/", 12, PLUG_EURL},
    {"http://[]/", 8, PLUG_EURL},
    {"http://[1.2.3.4]/", 8, PLUG_EURL},
    {"http://[::g]/", 8, PLUG_EURL},
    {"http://[::1%eth0]/", 11, PLUG_EURL},
    {"http://[::1%25]/", 11, PLUG_EURL},
    {"http://[::1%25a b]/", 15, PLUG_EURL},
    {"http://[v.x]/", 9, PLUG_EURL},
    {"http://[v1]/", 10, PLUG_EURL},
    {"http://[v1.]/", 10, PLUG_EURL},
    {"http://[v1.%41]/", 11, PLUG_EURL},
    {"http://::1/", 8, PLUG_EPORT},
    {"http://1:2:3/", 7, PLUG_EURL},
    {"http://127.1/", 7, PLUG_EURL},
    {"http://0x7f.1/", 7, PLUG_EURL},
    {"http://0x7f000001/", 7, PLUG_EURL},
    {"http://2130706433/", 7, PLUG_EURL},
    {"http://127.0.0.01/", 7, PLUG_EURL},
    {"http://127.0.0.1./", 7, PLUG_EURL},
    {"http://1.2.3.4.5/", 7, PLUG_EURL},
    {"http://example.0x/", 7, PLUG_EURL},
    {"http://%31%32%37.1/", 7, PLUG_EURL},
    {"http://a%00b/", 7, PLUG_EURL},
    {"http://a%2Fb/", 7, PLUG_EURL},
    {"http://a%40b/", 7, PLUG_EURL},
    {"http://a%20b/", 7, PLUG_EURL},
    {"http://a%0Ab/", 7, PLUG_EURL},
    {"http://%ff/", 7, PLUG_EURL},
};

T_TEST_PLAIN(parse_refuses)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct plug_url u = PLUG_URL;
        size_t where = 999;
        int err = plug_url_parse(refused[i].text, &u, &where);

        if (err != refused[i].err || where != refused[i].where)
            T_FAIL("\"%s\": %s at %zu, expected %s at %zu", refused[i].text, plug_err_name(err),
                   where, plug_err_name(refused[i].err), refused[i].where);
        T_TRUE(!u.scheme.ptr && u.port == -1);
        T_ERR(plug_url_parse(refused[i].text, &u, NULL), refused[i].err);
    }
}

T_TEST_PLAIN(references)
{
    static const char *const good[] = {"",   "a",        "/a",    "//h",   "?q",
                                       "#f", "../a?b#c", "./a:b", "a/b:c", "//h:1/"};
    static const struct {
        const char *text;
        size_t where;
    } bad[] = {{":a", 0}, {"1a:b", 2}, {"a b", 1}, {"//[::1", 2}};
    struct plug_url u;
    size_t where;

    for (size_t i = 0; i < COUNT(good); i++) {
        T_OK(plug_url_parse_reference(good[i], &u, NULL));
        T_TRUE(!u.scheme.ptr);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        T_ERR(plug_url_parse_reference(bad[i].text, &u, &where), PLUG_EURL);
        T_EQ(where, bad[i].where);
    }
}

T_TEST_PLAIN(host_length_is_limited)
{
    char text[300 + 16];
    struct plug_url u;

    for (size_t n = PLUG_URL_HOST_MAX - 1; n <= PLUG_URL_HOST_MAX + 1; n++) {
        memcpy(text, "http://", 7);
        memset(text + 7, 'h', n);
        strcpy(text + 7 + n, "/");
        T_EQ(plug_url_parse(text, &u, NULL), n <= PLUG_URL_HOST_MAX ? 0 : PLUG_EURL);
    }
}

T_TEST_PLAIN(parse_reads_nothing_behind_its_text)
{
    static const char *const texts[] = {"https://u%41@[fe80::1%25e]:80/a?b#c", "http://[v1.a]/",
                                        "http://127.0.0.1:80/%41", "a/b:c"};
    struct plug_url u;

    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            char cut[64] = "";

            memcpy(cut, texts[i], len);
            T_EQ(plug_url_parse_reference(t_guarded(cut, len + 1), &u, NULL),
                 plug_url_parse_reference(cut, &u, NULL));
        }
}

/* --- joining ------------------------------------------------------------------------------ */

static struct plug_span lit(const char *text)
{
    return (struct plug_span){text, strlen(text)};
}

T_TEST_PLAIN(text_keeps_the_meaning)
{
    struct plug_url u = PLUG_URL;
    char text[64];

    T_EQ(plug_url_text(&u, text, sizeof text), 0);
    u.scheme = lit("http");
    u.host = lit("::1");
    u.path = lit("a");
    u.port = 80;
    (void)plug_url_text(&u, text, sizeof text);
    T_STR(text, "http://[::1]:80/a");
    u = (struct plug_url)PLUG_URL;
    u.scheme = lit("x");
    u.path = lit("//a/b");
    (void)plug_url_text(&u, text, sizeof text);
    T_STR(text, "x:/.//a/b");
    u = (struct plug_url)PLUG_URL;
    u.path = lit("a:b/c");
    (void)plug_url_text(&u, text, sizeof text);
    T_STR(text, "./a:b/c");
    u.path = lit("a/b:c");
    (void)plug_url_text(&u, text, sizeof text);
    T_STR(text, "a/b:c");
}

/* Everything that is accepted is written back as it was, at any room. */
T_TEST_PLAIN(parse_then_text_is_identity)
{
    static const char *const pieces[] = {"http", "s3",    ":", "//",  "/",      "?", "#",
                                         "@",    "[::1]", "h", "80",  "..",     ".", "a",
                                         "%41",  "b=c",   "~", "%00", "[v1.x]", "é"};
    char text[256], again[256];
    struct plug_url u;
    unsigned accepted = 0;

    for (int i = 0; i < 300000; i++) {
        size_t len = 0, n = t_below(12), room;

        for (text[0] = '\0'; n-- > 0; len += strlen(text + len))
            strcpy(text + len, pieces[t_below(COUNT(pieces))]);
        if (plug_url_parse_reference(text, &u, NULL) < 0)
            continue;
        accepted++;
        T_EQ(plug_url_text(&u, again, sizeof again), len);
        T_STR(again, text);
        room = t_below(len + 2);
        again[room] = 'X';
        T_EQ(plug_url_text(&u, again, room), len);
        T_EQ(again[room], 'X');
    }
    T_TRUE(accepted > 10000);
}

/* --- RFC 3986 5.4 ------------------------------------------------------------------------- */

static void resolves(const char *base, const char *ref, const char *want)
{
    struct plug_url b;
    char text[256];
    size_t len = strlen(want);

    T_OK(plug_url_parse(base, &b, NULL));
    T_EQ(plug_url_resolve(&b, ref, text, sizeof text), len);
    if (strcmp(text, want) != 0)
        T_FAIL("%s from %s: %s, expected %s", ref, base, text, want);
    T_EQ(plug_url_resolve(&b, ref, NULL, 0), len);
    for (size_t room = 1; room <= len + 1; room++) {
        char *buf = t_guarded_room(room);

        if (room > len)
            T_EQ(plug_url_resolve(&b, ref, buf, room), len);
        else
            T_ERR(plug_url_resolve(&b, ref, buf, room), -ENOSPC);
    }
}

T_TEST_PLAIN(resolve_has_all_examples_of_the_rfc)
{
    static const char *const cases[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        /* 5.4.2, abnormal */
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", NULL}, /* strict: a URL of its own, which http does not allow without a host */
    };

    for (size_t i = 0; i < COUNT(cases) - 1; i++)
        resolves("http://a/b/c/d;p?q", cases[i][0], cases[i][1]);
    resolves("ftp://a/b", "ftp:g", "ftp:g");
}

T_TEST_PLAIN(resolve_corners)
{
    struct plug_url b;

    resolves("http://a", "g", "http://a/g");
    resolves("http://a?q", "", "http://a?q");
    resolves("http://a", "", "http://a");
    resolves("http://a", "..", "http://a/");
    resolves("http://a/b/", "//h/c/../d/.", "http://h/d/");
    resolves("http://a/b//c", "../d", "http://a/b/d");
    resolves("http://a/b//c", "../../d", "http://a/d");
    resolves("http://a/b", "http://x/y/../z", "http://x/z");
    resolves("urn:a:b", "c", "urn:c");
    resolves("urn:a:b", "#f", "urn:a:b#f");
    resolves("x:a/b/c", "../d", "x:a/d");
    resolves("x:a/b", "../../d", "x:/d");
    resolves("x:a", "./d", "x:d");
    resolves("x:a", "../d", "x:d");
    resolves("x:a", "..", "x:");
    resolves("x:/a", "/.//b", "x:/.//b");
    resolves("x:/a/b", "..//c", "x:/.//c");
    T_OK(plug_url_parse("http://a/", &b, NULL));
    T_ERR(plug_url_resolve(&b, "a b", NULL, 0), PLUG_EURL);
    T_ERR(plug_url_resolve(&b, "//h:x", NULL, 0), PLUG_EPORT);
    T_OK(plug_url_parse_reference("/a", &b, NULL));
    T_ERR(plug_url_resolve(&b, "b", NULL, 0), PLUG_EURL);
}

/* --- coding ------------------------------------------------------------------------------- */

T_TEST_PLAIN(percent_coding)
{
    char text[800];
    uint8_t bytes[256], again[256];

    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    T_EQ(plug_url_encode(bytes, 256, NULL, text, sizeof text), 66 + 190 * 3);
    T_EQ(plug_url_decode(text, strlen(text), again, sizeof again, NULL), 256);
    T_MEM(again, bytes, 256);
    T_EQ(plug_url_encode("a/b c~\xff", 7, "/", text, sizeof text), 11);
    T_STR(text, "a/b%20c~%FF");
    T_EQ(plug_url_decode("%4a%4A+%00", 10, again, sizeof again, NULL), 4);
    T_MEM(again, "JJ+\0", 4);
    T_ERR(plug_url_decode("%", 1, again, sizeof again, NULL), PLUG_EURL);
    T_ERR(plug_url_decode("%4", 2, again, sizeof again, NULL), PLUG_EURL);
    T_ERR(plug_url_decode("%4x", 3, again, sizeof again, NULL), PLUG_EURL);
    size_t where = SIZE_MAX;
    T_EQ(plug_url_decode("a%20", 4, again, sizeof again, &where), 2);
    T_EQ(where, SIZE_MAX);
    T_ERR(plug_url_decode("%41b%4x", 7, again, sizeof again, &where), PLUG_EURL);
    T_EQ(where, 4);
    T_ERR(plug_url_decode("%-1", 3, again, sizeof again, NULL), PLUG_EURL);
    T_EQ(plug_url_decode(t_guarded("abc%41", 6), 6, again, 4, NULL), 4);
    T_ERR(plug_url_decode("abc%41", 6, again, 3, NULL), -ENOSPC);
    T_EQ(plug_url_decode("", 0, NULL, 0, NULL), 0);
    strcpy(text, "%41%42"); /* in place */
    T_EQ(plug_url_decode(text, 6, text, 6, NULL), 2);
    T_MEM(text, "AB", 2);
    T_EQ(plug_url_encode("  ", 2, NULL, text, 6), 6); /* only whole codes */
    T_STR(text, "%20");
}

/* --- ports: the eighteen lines of the tutorial ------------------------------------------------ */

T_TEST_PLAIN(default_ports_both_ways)
{
    static const struct {
        const char *url, *scheme;
        int port;
    } cases[] = {
        {"http://www.python.org", "http", 80},      {"https://www.mybank.com", "https", 443},
        {"ftp://prep.ai.mit.edu", "ftp", 21},       {"gopher://gopher.micro.umn.edu", "gopher", 70},
        {"smtp://mail.example.com", "smtp", 25},    {"imap://mail.example.com", "imap", 143},
        {"imaps://mail.example.com", "imaps", 993}, {"pop3://pop.example.com", "pop3", 110},
        {"pop3s://pop.example.com", "pop3s", 995},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plug_url u;
        char scheme[32];

        T_OK(plug_url_parse(cases[i].url, &u, NULL));
        T_EQ(plug_url_port(&u), cases[i].port);
        T_EQ(plug_url_scheme_of_port(cases[i].port, scheme, sizeof scheme),
             strlen(cases[i].scheme));
        T_STR(scheme, cases[i].scheme);
    }
}

T_TEST_PLAIN(ports_of_schemes)
{
    struct plug_url u;
    char b[32];

    T_OK(plug_url_parse("http://h:8080/", &u, NULL));
    T_EQ(plug_url_port(&u), 8080);
    T_OK(plug_url_parse("http://h:/", &u, NULL));
    T_EQ(plug_url_port(&u), 80);
    T_OK(plug_url_parse("WSS://h/", &u, NULL));
    T_EQ(plug_url_port(&u), 443);
    T_OK(plug_url_parse("mailto:x@y", &u, NULL));
    T_ERR(plug_url_port(&u), PLUG_ESCHEME);
    T_OK(plug_url_parse_reference("//h/", &u, NULL));
    T_ERR(plug_url_port(&u), PLUG_ESCHEME);
    T_EQ(plug_url_default_port("finger", 6), 79);
    T_EQ(plug_url_default_port("NTP", 3), 123);
    T_EQ(plug_url_default_port("domain", 6), 53); /* from the services */
    T_EQ(plug_url_default_port("DOMAIN", 6), 53);
    T_ERR(plug_url_default_port("http", 3), PLUG_ESCHEME);
    T_ERR(plug_url_default_port("", 0), PLUG_ESCHEME);
    T_ERR(plug_url_scheme_of_port(-1, b, sizeof b), PLUG_EPORT);
    T_ERR(plug_url_scheme_of_port(65536, b, sizeof b), PLUG_EPORT);
    T_ERR(plug_url_scheme_of_port(0, b, sizeof b), PLUG_ESCHEME);
    T_ERR(plug_url_scheme_of_port(80, b, 4), -ENOSPC);
    T_EQ(plug_url_scheme_of_port(80, b, 5), 4);
    T_OK(plug_url_scheme_of_port(88, b, sizeof b));
    T_STR(b, "kerberos");
    T_OK(plug_url_scheme_of_port(67, b, sizeof b)); /* udp only */
    T_STR(b, "bootps");
}
