/* SPDX-License-Identifier: MIT */
/* Codes, names, texts, domains. */
#include "t.h"
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

T_TEST(err_system_codes_are_negative_errno)
{
    T_STR(plug_strerror(-ECONNREFUSED), "connection refused");
    T_STR(plug_err_name(-ECONNREFUSED), "ECONNREFUSED");
    T_EQ(plug_err_value("ECONNREFUSED"), -ECONNREFUSED);
    T_EQ(plug_err_value("EWOULDBLOCK"), -EAGAIN);
    T_EQ(plug_err_value("ENOTSUP"), -EOPNOTSUPP);
    T_EQ(plug_err_value("EDEADLOCK"), -EDEADLK);
    T_STR(plug_err_name(-EWOULDBLOCK), "EAGAIN");
}

/* glibc knows names of its own since 2.32: the referee of our list. */
T_TEST(err_knows_every_errno_of_the_system)
{
#if defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
    int known = 0;
    for (int e = 1; e < 4096; e++) {
        const char *name = strerrorname_np(e);
        T_STR(plug_err_name(-e), name ? name : "?");
        known += name != NULL;
    }
    T_TRUE(known > 130);
#else
    T_SKIP("strerrorname_np is glibc's");
#endif
}

static int check_entry(int code, const char *name, const char *text, void *arg)
{
    int *count = arg;
    T_TRUE(code < 0);
    T_STR(plug_err_name(code), name);
    T_STR(plug_strerror(code), text);
    T_EQ(plug_err_value(name), code);
    T_TRUE(plug_err_domain(code) != PLUG_DOMAIN_NONE);
    T_TRUE(strlen(text) > 0 && text[strlen(text) - 1] != '.');
    /* Lower case, but for acronyms and names of their own. */
    T_TRUE(!isupper((unsigned char)text[0]) || isupper((unsigned char)text[1]));
    T_TRUE(plug_text_safe(text, strlen(text)));
    ++*count;
    return 0;
}

static int stop_at_third(int code, const char *name, const char *text, void *arg)
{
    (void)code, (void)name, (void)text;
    return ++*(int *)arg == 3 ? 42 : 0;
}

T_TEST(err_each_shows_all_and_stops)
{
    int count = 0;
    T_EQ(plug_err_each(check_entry, &count), 0);
    T_TRUE(count > 180);
    count = 0;
    T_EQ(plug_err_each(stop_at_third, &count), 42);
    T_EQ(count, 3);
}

T_TEST(err_codes_are_distinct)
{
    static const int codes[] = {
#define CODE(name, code, text) code,
        PLUG_ERR_MAP(CODE)
#undef CODE
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        for (size_t j = 0; j < i; j++)
            T_TRUE(codes[i] != codes[j]);
}

T_TEST(err_unknown_codes_have_a_text)
{
    static const int unknown[] = {-600, -4095, -4096, -5000, -5999, -6099, -7050, -8000, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        T_STR(plug_strerror(unknown[i]), "unknown error");
        T_STR(plug_err_name(unknown[i]), "?");
    }
    T_EQ(plug_err_value("ENOSUCHTHING"), 0);
    T_EQ(plug_err_value(""), 0);
    T_STR(plug_strerror(0), "success");
    T_STR(plug_strerror(INT32_MAX), "success");
    T_STR(plug_err_name(0), "PLUG_OK");
    T_STR(plug_err_name(1), "?");
}

T_TEST(err_domains_are_bands)
{
    static const struct {
        int code;
        enum plug_err_domain domain;
        const char *name;
    } edges[] = {
        {1, PLUG_DOMAIN_NONE, "none"},
        {0, PLUG_DOMAIN_NONE, "none"},
        {-1, PLUG_DOMAIN_SYSTEM, "system"},
        {-4095, PLUG_DOMAIN_SYSTEM, "system"},
        {-4096, PLUG_DOMAIN_NONE, "none"},
        {-4999, PLUG_DOMAIN_NONE, "none"},
        {-5000, PLUG_DOMAIN_RESOLVER, "resolver"},
        {-5999, PLUG_DOMAIN_RESOLVER, "resolver"},
        {-6000, PLUG_DOMAIN_HOST, "host"},
        {-6099, PLUG_DOMAIN_HOST, "host"},
        {-6100, PLUG_DOMAIN_NONE, "none"},
        {-6999, PLUG_DOMAIN_NONE, "none"},
        {-7000, PLUG_DOMAIN_PLUG, "plug"},
        {-7099, PLUG_DOMAIN_PLUG, "plug"},
        {-7100, PLUG_DOMAIN_STRUCT, "struct"},
        {-7199, PLUG_DOMAIN_STRUCT, "struct"},
        {-7200, PLUG_DOMAIN_TEXT, "text"},
        {-7299, PLUG_DOMAIN_TEXT, "text"},
        {-7300, PLUG_DOMAIN_FRAME, "frame"},
        {-7399, PLUG_DOMAIN_FRAME, "frame"},
        {-7400, PLUG_DOMAIN_DNS, "dns"},
        {-7499, PLUG_DOMAIN_DNS, "dns"},
        {-7500, PLUG_DOMAIN_TLS, "tls"},
        {-7599, PLUG_DOMAIN_TLS, "tls"},
        {-7600, PLUG_DOMAIN_PACKET, "packet"},
        {-7699, PLUG_DOMAIN_PACKET, "packet"},
        {-7700, PLUG_DOMAIN_NONE, "none"},
        {INT32_MIN, PLUG_DOMAIN_NONE, "none"},
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        T_EQ(plug_err_domain(edges[i].code), edges[i].domain);
        T_STR(plug_err_domain_name(plug_err_domain(edges[i].code)), edges[i].name);
    }
    T_STR(plug_err_domain_name((enum plug_err_domain)99), "none");
    T_STR(plug_err_domain_name((enum plug_err_domain) - 1), "none");
}

T_TEST(err_native_is_the_number_of_the_domain)
{
    T_EQ(plug_err_native(-ENOENT), ENOENT);
    T_EQ(plug_err_native(PLUG_EAI_NONAME), EAI_NONAME);
    T_EQ(plug_err_native(PLUG_EAI_AGAIN), EAI_AGAIN);
    T_EQ(plug_err_native(PLUG_EAI_IDN_ENCODE), -105);
    T_EQ(plug_err_native(PLUG_EHOST_NOT_FOUND), HOST_NOT_FOUND);
    T_EQ(plug_err_native(PLUG_EHOST_NO_DATA), NO_DATA);
    T_EQ(plug_err_native(PLUG_ETIMEOUT), PLUG_ETIMEOUT);
    T_EQ(plug_err_native(0), 0);
}

T_TEST(err_from_the_resolver)
{
    T_EQ(plug_err_from_eai(0, ENOENT), 0);
    T_EQ(plug_err_from_eai(EAI_NONAME, 0), PLUG_EAI_NONAME);
    T_EQ(plug_err_from_eai(EAI_MEMORY, 0), PLUG_EAI_MEMORY);
    T_EQ(plug_err_from_eai(EAI_SYSTEM, ECONNREFUSED), -ECONNREFUSED);
    T_EQ(plug_err_from_eai(EAI_SYSTEM, 0), PLUG_EAI_SYSTEM);
    T_EQ(plug_err_from_eai(EAI_SYSTEM, -5), PLUG_EAI_SYSTEM);
    T_EQ(plug_err_from_eai(EAI_SYSTEM, 4096), PLUG_EAI_SYSTEM);
    T_EQ(plug_err_from_eai(1, 0), PLUG_EAI_FAIL);
    T_EQ(plug_err_from_eai(INT32_MIN, 0), PLUG_EAI_FAIL);
    T_EQ(plug_err_from_host(0, 5), 0);
    T_EQ(plug_err_from_host(TRY_AGAIN, 0), PLUG_EHOST_TRY_AGAIN);
    T_EQ(plug_err_from_host(NETDB_INTERNAL, EMFILE), -EMFILE);
    T_EQ(plug_err_from_host(NETDB_INTERNAL, 0), PLUG_EHOST_NO_RECOVERY);
    T_EQ(plug_err_from_host(-7, 0), PLUG_EHOST_NO_RECOVERY);
    T_EQ(plug_err_from_host(INT32_MAX, 0), PLUG_EHOST_NO_RECOVERY);
}

T_TEST(err_text_is_a_sentence)
{
    char buf[200];
    static const char want[] = "connect tcp://127.0.0.1:81: connection refused";
    T_EQ(plug_err_text(-ECONNREFUSED, "connect", "tcp://127.0.0.1:81", buf, sizeof buf),
         strlen(want));
    T_STR(buf, want);
    plug_err_text(PLUG_ETIMEOUT, NULL, "x", buf, sizeof buf);
    T_STR(buf, "x: timed out");
    plug_err_text(PLUG_ETIMEOUT, "bind", NULL, buf, sizeof buf);
    T_STR(buf, "bind: timed out");
    plug_err_text(PLUG_ETIMEOUT, NULL, NULL, buf, sizeof buf);
    T_STR(buf, "timed out");
    plug_err_text(-ENOENT, "open", "a\x1b[2J\xff", buf, sizeof buf);
    T_STR(buf, "open a\\e[2J\\xff: no such file or directory");
}

T_TEST(err_text_at_every_length)
{
    char whole[100];
    size_t n = plug_err_text(-ECONNREFUSED, "connect", "a\nb", whole, sizeof whole);
    for (size_t len = 0; len <= n + 1; len++) {
        char *buf = t_guarded_room(len);
        T_EQ(plug_err_text(-ECONNREFUSED, "connect", "a\nb", len ? buf : NULL, len), n);
        if (len > 0) {
            T_TRUE(strlen(buf) < len);
            /* Cut only before an escape, never inside one; nothing after the cut. */
            if (strlen(buf) <= strlen("connect a"))
                T_MEM(buf, whole, strlen(buf));
        }
    }
}

T_TEST(base_version_and_features)
{
    char want[40];
    snprintf(want, sizeof want, "%d.%d.%d", PLUG_VERSION_MAJOR, PLUG_VERSION_MINOR,
             PLUG_VERSION_PATCH);
    T_STR(plug_version(), want);
    T_TRUE(plug_features() & PLUG_FEATURE_DNS);
#ifdef PLUG_TESTING
    T_TRUE(plug_features() & PLUG_FEATURE_FAULT);
#else
    T_TRUE(!(plug_features() & PLUG_FEATURE_FAULT));
#endif
}
