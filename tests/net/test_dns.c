/* SPDX-License-Identifier: MIT */
/* Questions to a DNS server that answers, lies, is silent, or floods. */
#include "fake_dns.h"
#include "t.h"

#include <plug/alloc.h>
#include <plug/dns.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/wait.h>
#include <string.h>

static struct fake_dns server;
static struct plug_addr server_addr;
static struct plug_dns_opts opts;
static struct plug_dns_report report;

static void server_close(void *unused)
{
    (void)unused;
    fake_dns_close(&server);
}

static void server_open(const char *addr)
{
    if (fake_dns_open(&server, addr, 0) < 0)
        T_SKIP("no %s here", addr);
    T_OWN(server_close, NULL);
    T_EQ(plug_addr_parse_ip(addr, AF_UNSPEC, server.port, &server_addr), 0);
    opts = (struct plug_dns_opts)PLUG_DNS_OPTS;
    opts.server = &server_addr;
    opts.timeout = PLUG_S(5);
    opts.try_timeout = PLUG_MS(t_tortured() ? 50 : 1000);
}

static int ask(const char *name, const char *type, struct plug_dns_reply **ret_reply)
{
    int err = plug_dns_query(name, (unsigned)plug_dns_type(type), &opts, ret_reply, &report);
    if (err >= 0)
        T_OWN(plug_dns_free, *ret_reply);
    return err;
}

static int ask_only(const char *name, const char *type)
{
    struct plug_dns_reply *reply;
    return ask(name, type, &reply);
}

/* --- answers
 * --------------------------------------------------------------------------------------- */

T_TEST(dns_asks_for_addresses)
{
    struct plug_dns_reply *r;
    char text[PLUG_ADDR_TEXT];
    server_open("127.0.0.1");
    T_OK(ask("a.test", "A", &r));
    T_EQ(r->count, 1);
    T_EQ(r->record[0].ttl, 300);
    T_STR(r->record[0].name, "a.test");
    T_STR(r->record[0].text, "192.0.2.1");
    plug_addr_text(&r->record[0].addr, text, sizeof text);
    T_STR(text, "192.0.2.1");
    T_EQ(report.rcode, 0);
    T_TRUE(!report.tcp && !r->cut && plug_addr_equal(&report.server, &server_addr));
}

T_TEST(dns_asks_for_ipv6_addresses_and_follows_the_alias)
{
    struct plug_dns_reply *r;
    server_open("127.0.0.1");
    T_OK(ask("www.test", "AAAA", &r));
    T_EQ(r->count, 2);
    T_STR(r->record[0].target, "a.test");
    T_STR(r->record[1].text, "2001:db8::1");
    T_EQ(plug_addr_family(&r->record[1].addr), AF_INET6);
    T_TRUE(!r->record[1].target);
}

T_TEST_PLAIN(dns_shows_each_type_as_a_zone_file_does)
{
    static const char *const cases[][4] = {
        {"mx.test", "MX", "10 mail.test", "mail.test"},
        {"srv.test", "srv", "1 2 80 host.test", "host.test"},
        {"soa.test", "SOA", "ns.test admin.test 1 2 3 4 5", "ns.test"},
        {"ns.test", "NS", "ns1.test", "ns1.test"},
        {"txt.test", "TXT", "\"a\\\"b\" \"\\027c\"", NULL},
        {"hinfo.test", "TYPE13", "\"CPU\" \"OS\"", NULL},
        {"caa.test", "CAA", "0 issue \"ca.test\"", NULL},
        {"1.2.0.192.in-addr.arpa", "PTR", "a.test", "a.test"}};
    struct plug_dns_reply *r;
    server_open("127.0.0.1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        T_OK(ask(cases[i][0], cases[i][1], &r));
        T_STR(r->record[0].text, cases[i][2]);
        if (cases[i][3])
            T_STR(r->record[0].target, cases[i][3]);
        else
            T_TRUE(!r->record[0].target);
    }
    T_OK(ask("srv.test", "SRV", &r));
    T_EQ(r->record[0].priority, 1);
    T_EQ(r->record[0].weight, 2);
    T_EQ(r->record[0].port, 80);
    T_OK(ask("mx.test", "MX", &r));
    T_EQ(r->record[0].priority, 10);
}

T_TEST(dns_tells_response_codes_apart)
{
    static const struct {
        const char *name;
        int error, rcode;
    } cases[] = {{"nx.test", PLUG_EDNS_NXDOMAIN, 3},     {"servfail.test", PLUG_EDNS_SERVFAIL, 2},
                 {"refused.test", PLUG_EDNS_REFUSED, 5}, {"notimp.test", PLUG_EDNS_NOTIMP, 4},
                 {"formerr.test", PLUG_EDNS_FORMERR, 1}, {"rcode9.test", PLUG_EDNS_RCODE, 9},
                 {"nodata.test", PLUG_EDNS_NODATA, 0}};
    server_open("127.0.0.1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        T_ERR(ask_only(cases[i].name, "A"), cases[i].error);
        T_EQ(report.rcode, cases[i].rcode);
    }
    T_ERR(ask_only("loop.test", "A"), PLUG_EDNS_NODATA);
}

T_TEST_PLAIN(dns_refuses_bad_questions)
{
    char name[1100];
    server_open("127.0.0.1");
    memset(name, 'a', sizeof name);
    name[1024] = 0;
    T_ERR(ask_only(name, "A"), PLUG_EDNS_BADNAME);
    name[64] = 0;
    T_ERR(ask_only(name, "A"), PLUG_EDNS_BADNAME);
    name[63] = 0;
    T_ERR(ask_only(name, "A"), PLUG_EDNS_NXDOMAIN);
    name[62] = 0;
    T_ERR(ask_only(name, "A"), PLUG_EDNS_NXDOMAIN);
    T_ERR(ask_only("", "A"), PLUG_EDNS_BADNAME);
    T_ERR(ask_only("a..test", "A"), PLUG_EDNS_BADNAME);
    T_ERR(plug_dns_query("a.test", 65536, &opts, NULL, NULL), PLUG_EOPTS);
    opts.size = 0;
    T_ERR(ask_only("a.test", "A"), PLUG_EOPTS);
}

T_TEST_PLAIN(dns_keeps_256_records)
{
    struct plug_dns_reply *r;
    server_open("127.0.0.1");
    T_OK(ask("many.test", "A", &r));
    T_EQ(r->count, PLUG_DNS_MAX);
    T_TRUE(r->cut && report.tcp);
    T_STR(r->record[255].text, "10.0.0.255");
}

/* --- transport
 * ------------------------------------------------------------------------------------- */

T_TEST(dns_goes_to_tcp_for_a_truncated_reply)
{
    struct plug_dns_reply *r;
    server_open("127.0.0.1");
    T_OK(ask("tc.test", "A", &r));
    T_TRUE(report.tcp);
    T_EQ(r->count, 1);
}

T_TEST(dns_uses_tcp_from_the_start_when_told_so)
{
    struct plug_dns_reply *r;
    server_open("127.0.0.1");
    opts.tcp = true;
    T_OK(ask("a.test", "A", &r));
    T_TRUE(report.tcp);
}

T_TEST_PLAIN(dns_asks_over_ipv6)
{
    struct plug_dns_reply *r;
    server_open("::1");
    T_OK(ask("a.test", "A", &r));
}

T_TEST_PLAIN(dns_reports_a_closed_port)
{
    server_open("127.0.0.1");
    T_OK(plug_addr_set_port(&server_addr, 1));
    T_ERR(ask_only("a.test", "A"), -ECONNREFUSED);
    T_EQ(report.rcode, -1);
    opts.tcp = true;
    T_ERR(ask_only("a.test", "A"), -ECONNREFUSED);
}

static void check_time(const char *name, int64_t timeout, int error)
{
    opts.timeout = timeout;
    opts.try_timeout = PLUG_S(20);
    int64_t start = plug_now();
    T_ERR(ask_only(name, "A"), error);
    int64_t took = plug_now() - start;
    T_TRUE(took >= timeout - PLUG_MS(1));
    T_TRUE(took < timeout + PLUG_MS(500));
}

T_TEST_PLAIN(dns_keeps_its_deadline)
{
    server_open("127.0.0.1");
    check_time("silent.test", PLUG_MS(50), PLUG_ETIMEOUT);
    check_time("wrongid.test", PLUG_MS(50), PLUG_ETIMEOUT);
    check_time("wrongname.test", PLUG_MS(50), PLUG_ETIMEOUT);
    check_time("flood.test", PLUG_MS(50), PLUG_ETIMEOUT);
}

T_TEST_PLAIN(dns_keeps_its_deadline_when_nothing_can_be_sent)
{
    struct plug_dns_reply *reply;
    struct plug_dns_opts o = PLUG_DNS_OPTS;
    server_open("127.0.0.1");
    o.server = &server_addr;
    o.timeout = PLUG_MS(50);
    T_OK(plug_sys_fault("sendmsg:*=EAGAIN", NULL));
    int err = plug_dns_query("a.test", 1, &o, &reply, NULL);
    (void)!plug_sys_fault(NULL, NULL);
    T_ERR(err, PLUG_ETIMEOUT);
}

T_TEST_PLAIN(dns_gives_up_after_its_tries)
{
    server_open("127.0.0.1");
    opts.try_timeout = PLUG_MS(20);
    opts.tries = 2;
    int64_t start = plug_now();
    T_ERR(ask_only("silent.test", "A"), PLUG_ETIMEOUT);
    T_TRUE(plug_now() - start < PLUG_S(2));
}

T_TEST(dns_takes_the_right_reply_among_wrong_ones)
{
    struct plug_dns_reply *r;
    server_open("127.0.0.1");
    T_OK(ask("late.test", "A", &r));
    T_STR(r->record[0].text, "192.0.2.1");
}

T_TEST(dns_refuses_malformed_replies)
{
    server_open("127.0.0.1");
    T_ERR(ask_only("garbage.test", "A"), PLUG_EDNS_BADREPLY);
    T_ERR(ask_only("pointer.test", "A"), PLUG_EDNS_BADREPLY);
}

static int cancelled(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    (void)w, (void)fds, (void)count, (void)deadline;
    return -ECANCELED;
}

T_TEST_PLAIN(dns_can_be_cancelled)
{
    struct plug_waiter w = {.size = sizeof w, .name = "cancelled", .wait_many = cancelled};
    server_open("127.0.0.1");
    plug_waiter_set(&w);
    int err = ask_only("silent.test", "A");
    plug_waiter_set(NULL);
    T_ERR(err, -ECANCELED);
}

/* --- hostile names
 * --------------------------------------------------------------------------------- */

T_TEST_PLAIN(dns_names_are_safe_text)
{
    static const char *const texts[FAKE_DNS_HOSTILE] = {"\\027[31mred.test",
                                                        "a\\010b.test",
                                                        "<script>alert\\(1\\).test",
                                                        "two\\032words.test",
                                                        "-rf.test",
                                                        "dot\\.inside.test",
                                                        "\\255\\254\\226\\128\\174.test",
                                                        "\\$\\(reboot\\)\\\"\\\\\\;.test"};
    server_open("127.0.0.1");
    for (unsigned i = 0; i < FAKE_DNS_HOSTILE; i++) {
        struct plug_addr a;
        struct plug_dns_reply *r;
        char name[128];
        plug_addr_ip4((uint8_t[]){192, 0, 3, (uint8_t)i}, 0, &a);
        T_OK(plug_dns_reverse_name(&a, name, sizeof name));
        T_OK(ask(name, "PTR", &r));
        T_STR(r->record[0].target, texts[i]);
        T_TRUE(!plug_hostname_valid(r->record[0].target, strlen(r->record[0].target)));
    }
}

/* --- forward confirmation --------------------------------------------------------------------- */

static void check_confirm(const char *addr, int want, const char *name, int error)
{
    struct plug_addr a;
    char *got = NULL;
    int why = 1;
    T_OK(plug_addr_parse(addr, &a));
    T_EQ(T_OK(plug_dns_confirm(&a, &opts, &got, &why)), want);
    T_OWN(plug_free, got);
    T_EQ(why, error);
    if (name)
        T_STR(got, name);
    else
        T_TRUE(!got);
}

T_TEST(dns_confirm_has_four_outcomes)
{
    struct plug_addr a;
    char *name;
    int why;
    server_open("127.0.0.1");
    check_confirm("192.0.2.1", PLUG_CONFIRMED, "a.test", 0);
    check_confirm("::ffff:192.0.2.1", PLUG_CONFIRMED, "a.test", 0);
    check_confirm("2001:db8::1", PLUG_CONFIRMED, "a.test", 0);
    check_confirm("192.0.2.2", PLUG_CONFIRM_DIFFER, "a.test", 0);
    check_confirm("192.0.2.3", PLUG_CONFIRM_FAIL, "nx.test", PLUG_EDNS_NXDOMAIN);
    check_confirm("192.0.2.4", PLUG_CONFIRM_NONE, NULL, 0);
    check_confirm("192.0.3.0", PLUG_CONFIRM_FAIL, "\\027[31mred.test", PLUG_EDNS_BADNAME);
    T_OK(plug_addr_parse("192.0.2.6", &a));
    T_ERR(plug_dns_confirm(&a, &opts, &name, &why), PLUG_EDNS_SERVFAIL);
    opts.timeout = PLUG_MS(50);
    T_OK(plug_addr_parse("192.0.2.5", &a));
    T_ERR(plug_dns_confirm(&a, &opts, &name, &why), PLUG_ETIMEOUT);
}

/* --- names of types and of addresses
 * ---------------------------------------------------------------- */

T_TEST(dns_knows_types_by_name_and_number)
{
    T_EQ(plug_dns_type("A"), 1);
    T_EQ(plug_dns_type("aaaa"), 28);
    T_EQ(plug_dns_type("TYPE65535"), 65535);
    T_EQ(plug_dns_type("TYPE65536"), -1);
    T_EQ(plug_dns_type("TYPE"), -1);
    T_EQ(plug_dns_type(""), -1);
    T_STR(plug_dns_type_name(257), "CAA");
    T_TRUE(!plug_dns_type_name(65280));
}

T_TEST(dns_makes_reverse_names)
{
    struct plug_addr a;
    char name[128];
    T_OK(plug_addr_parse("192.0.2.1", &a));
    T_EQ(plug_dns_reverse_name(&a, name, sizeof name), 22);
    T_STR(name, "1.2.0.192.in-addr.arpa");
    T_OK(plug_addr_parse("::ffff:192.0.2.1", &a));
    T_OK(plug_dns_reverse_name(&a, name, sizeof name));
    T_STR(name, "1.2.0.192.in-addr.arpa");
    T_OK(plug_addr_parse("2001:db8::567:89ab", &a)); /* RFC 3596 2.5 has this form */
    T_EQ(plug_dns_reverse_name(&a, name, sizeof name), 72);
    T_STR(name, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    T_ERR(plug_dns_reverse_name(&a, name, 72), -ENOSPC);
    T_EQ(plug_dns_reverse_name(&a, name, 73), 72);
    T_OK(plug_addr_unix("/x", 2, &a));
    T_ERR(plug_dns_reverse_name(&a, name, sizeof name), -EAFNOSUPPORT);
}
