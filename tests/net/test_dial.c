/* SPDX-License-Identifier: MIT */
/* Dialling: order and timing of attempts, one deadline, every error kept, losers closed. */
#include "t.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <plug/alloc.h>
#include <plug/dial.h>
#include <plug/listen.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- names made here: "127.0.0.1,::1" is a list, "many65" means 127.0.1.1 to 127.0.1.65 ---- */

static struct plug_sys sys;

static struct addrinfo *make_answer(const char *text, size_t len, uint16_t port, int type,
                                    int family)
{
    char copy[64];
    struct plug_addr a;
    snprintf(copy, sizeof copy, "%.*s", (int)len, text);
    if (plug_addr_parse_ip(copy, family, port, &a) < 0)
        return NULL;
    struct addrinfo *ai = calloc(1, sizeof *ai + sizeof a);
    struct plug_addr *addr = memcpy(ai + 1, &a, sizeof a);
    *ai = (struct addrinfo){.ai_family = a.sa.sa_family,
                            .ai_socktype = type,
                            .ai_protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP,
                            .ai_addrlen = a.len,
                            .ai_addr = &addr->sa};
    return ai;
}

static const char *expand(const char *host, char *buf, size_t len)
{
    uint64_t count;
    size_t at = 0;
    if (strncmp(host, "many", 4) != 0 ||
        plug_uint_parse(host + 4, strlen(host + 4), 99, &count) < 0)
        return host;
    for (unsigned i = 1; i <= count; i++)
        at += (size_t)snprintf(buf + at, len - at, "%s127.0.1.%u", i > 1 ? "," : "", i);
    return buf;
}

static int list_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                            struct addrinfo **ret_list)
{
    struct addrinfo **tail = ret_list;
    uint64_t port = 0;
    char many[2048];
    *ret_list = NULL;
    host = expand(host, many, sizeof many);
    if (plug_uint_parse(service, strlen(service), 65535, &port) < 0)
        return PLUG_EAI_SERVICE;
    while (*host) {
        size_t len = strcspn(host, ",");
        *tail = make_answer(host, len, (uint16_t)port, hints->ai_socktype, hints->ai_family);
        if (*tail)
            tail = &(*tail)->ai_next;
        host += len + (host[len] == ',');
    }
    return *ret_list ? 0 : PLUG_EAI_NONAME;
}

static void list_freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static void names_end(void *unused)
{
    (void)unused;
    plug_resolve_trim(PLUG_S(5));
    (void)!plug_sys_set(NULL);
}

static void names_begin(void)
{
    sys = *plug_sys_kernel();
    sys.name = "names of a test";
    sys.getaddrinfo = list_getaddrinfo;
    sys.freeaddrinfo = list_freeaddrinfo;
    T_EQ(plug_sys_set(&sys), 0);
    T_OWN(names_end, NULL);
}

/* --- peers
 * ---------------------------------------------------------------------------------------- */

static struct plug_sock *listener(const char *endpoint, int backlog, char *ret_port, size_t len)
{
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    struct plug_sock *s;
    struct plug_addr a;
    o.backlog = backlog;
    T_OK(plug_listen(&s, endpoint, &o));
    T_OWN(plug_listen_close, s);
    T_OK(plug_sock_local(s, &a));
    if (ret_port)
        snprintf(ret_port, len, "%u", plug_addr_port(&a));
    return s;
}

/* A port of 127.0.0.1 where nobody listens. */
static void free_port(char *ret_port, size_t len)
{
    struct plug_sock *s;
    struct plug_addr a;
    T_OK(plug_listen(&s, "tcp://127.0.0.1:0", NULL));
    int err = plug_sock_local(s, &a);
    plug_listen_close(s);
    T_OK(err);
    snprintf(ret_port, len, "%u", plug_addr_port(&a));
}

/* Its queue is full when one more does not get an answer. */
static bool fill(const struct plug_addr *a)
{
    struct plug_sock *filler;
    T_OK(plug_sock_open(&filler, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, filler);
    T_OK(plug_sock_set_timeout(filler, PLUG_MS(250)));
    return plug_sock_connect(filler, a) == PLUG_ETIMEOUT;
}

/* A listener on addr whose queue is full: further connections get no answer. */
static void black_hole(const char *addr, const char *port)
{
    char endpoint[64];
    struct plug_addr a;
    bool full = false;
    snprintf(endpoint, sizeof endpoint, "tcp://%s:%s", addr, port);
    struct plug_sock *s = listener(endpoint, 1, NULL, 0);
    T_OK(plug_sock_local(s, &a));
    for (int i = 0; i < 6 && !full; i++)
        full = fill(&a);
    if (!full)
        T_SKIP("a full queue answers here");
}

static void check_peer(struct plug_sock *s, const char *text)
{
    struct plug_addr a;
    char got[PLUG_ADDR_TEXT];
    T_OK(plug_sock_peer(s, &a));
    plug_addr_host_text(&a, got, sizeof got);
    T_STR(got, text);
}

static struct plug_dial_report report;

static int dial_names(struct plug_sock **ret, const char *names, const char *port,
                      const struct plug_dial_opts *o)
{
    int err = plug_dial_host(ret, names, port, SOCK_STREAM, o, &report);
    if (err >= 0)
        T_OWN(plug_sock_close, *ret);
    return err;
}

/* --- endpoints
 * ------------------------------------------------------------------------------------ */

T_TEST(dial_connects_tcp)
{
    char port[8], endpoint[64];
    struct plug_sock *s;
    int nodelay = 0;
    socklen_t len = sizeof nodelay;
    listener("tcp://127.0.0.1:0", 0, port, sizeof port);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", port);
    T_OK(plug_dial(&s, endpoint, NULL, NULL));
    T_OWN(plug_sock_close, s);
    check_peer(s, "127.0.0.1");
    T_EQ(plug_sock_timeout(s), plug_default_timeout());
    T_OK(plug_sys()->getsockopt(plug_sock_fd(s), IPPROTO_TCP, TCP_NODELAY, &nodelay, &len));
    T_TRUE(nodelay != 0);
}

T_TEST(dial_connects_udp)
{
    struct plug_sock *s;
    T_OK(plug_dial(&s, "udp://127.0.0.1:9", NULL, NULL));
    T_OWN(plug_sock_close, s);
    T_EQ(plug_sock_type(s), SOCK_DGRAM);
    check_peer(s, "127.0.0.1");
}

static void remove_file(void *path)
{
    unlink(path);
}

static void check_unix(const char *scheme, int type)
{
    static char path[64];
    char endpoint[128];
    struct plug_sock *s;
    snprintf(path, sizeof path, "/tmp/plug-dial-%d", (int)getpid());
    T_OWN(remove_file, path);
    snprintf(endpoint, sizeof endpoint, "%s:%s", scheme, path);
    listener(endpoint, 0, NULL, 0);
    T_OK(plug_dial(&s, endpoint, NULL, &report));
    T_OWN(plug_sock_close, s);
    T_EQ(plug_sock_type(s), type);
    T_EQ(report.count, 1);
    T_EQ(report.attempt[0].error, 0);
}

T_TEST(dial_connects_unix_stream)
{
    check_unix("unix", SOCK_STREAM);
}

T_TEST(dial_connects_unix_datagrams)
{
    check_unix("unix-dgram", SOCK_DGRAM);
}

T_TEST(dial_connects_seqpacket)
{
    check_unix("seqpacket", SOCK_SEQPACKET);
}

T_TEST(dial_tells_what_is_wrong_with_an_endpoint)
{
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    T_ERR(plug_dial(&s, "nonsense://x", NULL, &report), PLUG_ESCHEME);
    T_STR(report.phase, "endpoint");
    T_ERR(plug_dial(&s, "tls://127.0.0.1:1", NULL, NULL), PLUG_EUNSUPPORTED);
    T_ERR(plug_dial(&s, "unix:/nonexistent/socket", NULL, &report), -ENOENT);
    T_STR(report.phase, "connect");
    o.size = 1;
    T_ERR(plug_dial(&s, "udp://127.0.0.1:9", &o, NULL), PLUG_EOPTS);
}

T_TEST(dial_minds_the_families)
{
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    struct plug_addr source;
    o.family = AF_INET6;
    T_ERR(plug_dial(&s, "tcp4://127.0.0.1:9", &o, &report), PLUG_EAI_ADDRFAMILY);
    T_STR(report.phase, "resolve");
    T_ERR(plug_dial(&s, "tcp://127.0.0.1:9", &o, NULL), PLUG_EAI_ADDRFAMILY);
    o.family = AF_UNSPEC;
    T_OK(plug_addr_loopback(AF_INET6, 0, &source));
    o.source = &source;
    T_ERR(plug_dial(&s, "tcp4://127.0.0.1:9", &o, NULL), PLUG_EAI_ADDRFAMILY);
}

T_TEST(dial_binds_the_source)
{
    char port[8];
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    struct plug_addr source, local;
    listener("tcp://127.0.0.1:0", 0, port, sizeof port);
    T_OK(plug_addr_parse("127.0.0.7", &source));
    o.source = &source;
    T_OK(dial_names(&s, "127.0.0.1", port, &o));
    T_OK(plug_sock_local(s, &local));
    T_TRUE(plug_addr_same_host(&local, &source));
    T_OK(plug_addr_parse("192.0.2.1", &source));
    T_ERR(dial_names(&s, "127.0.0.1", port, &o), -EADDRNOTAVAIL);
    T_STR(report.phase, "bind");
}

/* --- failing
 * -------------------------------------------------------------------------------------- */

T_TEST(dial_keeps_the_error)
{
    char port[8], text[256], want[64];
    struct plug_sock *s;
    free_port(port, sizeof port);
    T_ERR(dial_names(&s, "127.0.0.1", port, NULL), -ECONNREFUSED);
    T_EQ(report.count, 1);
    T_EQ(report.attempt[0].error, -ECONNREFUSED);
    T_TRUE(report.attempt[0].took >= 0 && report.connect_took >= report.attempt[0].took);
    size_t len = plug_dial_report_text(&report, text, sizeof text);
    T_EQ(len, strlen(text));
    snprintf(want, sizeof want, "connect 127.0.0.1:%s: connection refused (", port);
    T_TRUE(strncmp(text, want, strlen(want)) == 0 && text[len - 1] == '\n');
    T_EQ(plug_dial_report_text(&report, text, 4), len);
    T_EQ(plug_dial_report_text(&report, NULL, 0), len);
}

T_TEST_PLAIN(dial_takes_families_in_turn)
{
    static const char *const order[] = {"127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"};
    char port[8], text[PLUG_ADDR_TEXT];
    struct plug_sock *s;
    free_port(port, sizeof port);
    names_begin();
    int err = dial_names(&s, "127.0.0.1,127.0.0.2,127.0.0.1,127.0.0.3,::1", port, NULL);
    T_TRUE(err == -ECONNREFUSED || err == PLUG_EALLFAILED);
    T_EQ(report.count, 4);
    for (size_t i = 0; i < 4; i++) {
        plug_addr_host_text(&report.attempt[i].addr, text, sizeof text);
        T_STR(text, order[i]);
        T_TRUE(report.attempt[i].error < 0);
    }
}

T_TEST_PLAIN(dial_tells_different_failures_apart)
{
    char port[8];
    struct plug_sock *s;
    free_port(port, sizeof port);
    names_begin();
    T_ERR(dial_names(&s, "127.0.0.1,255.255.255.255", port, NULL), PLUG_EALLFAILED);
    T_EQ(report.attempt[0].error, -ECONNREFUSED);
    T_TRUE(report.attempt[1].error < 0 && report.attempt[1].error != -ECONNREFUSED);
}

T_TEST_PLAIN(dial_goes_on_after_a_failure_at_once)
{
    char port[8];
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    listener("tcp://127.0.0.1:0", 0, port, sizeof port);
    names_begin();
    o.delay = PLUG_S(20);
    int64_t start = plug_now();
    T_OK(dial_names(&s, "127.0.0.2,127.0.0.3,127.0.0.1", port, &o));
    T_TRUE(plug_now() - start < PLUG_S(20));
    check_peer(s, "127.0.0.1");
    T_EQ(report.count, 3);
    T_EQ(report.attempt[0].error, -ECONNREFUSED);
    T_EQ(report.attempt[2].error, 0);
}

T_TEST_PLAIN(dial_tries_at_most_64)
{
    char port[8];
    struct plug_sock *s;
    free_port(port, sizeof port);
    names_begin();
    T_ERR(dial_names(&s, "many63", port, NULL), -ECONNREFUSED);
    T_EQ(report.count, 63);
    T_ERR(dial_names(&s, "many64", port, NULL), -ECONNREFUSED);
    T_EQ(report.count, 64);
    T_ERR(dial_names(&s, "many65", port, NULL), -ECONNREFUSED);
    T_EQ(report.count, 64);
}

/* --- Happy Eyeballs
 * ------------------------------------------------------------------------------- */

T_TEST_PLAIN(dial_does_not_wait_for_a_silent_address)
{
    char port[8];
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    listener("tcp://127.0.0.1:0", 0, port, sizeof port);
    black_hole("127.0.0.2", port);
    names_begin();
    o.delay = PLUG_MS(100);
    T_OK(dial_names(&s, "127.0.0.2,127.0.0.1", port, &o));
    check_peer(s, "127.0.0.1");
    T_EQ(report.count, 2);
    T_EQ(report.attempt[0].error, -ECANCELED);
    T_EQ(report.attempt[1].error, 0);
    T_TRUE(report.attempt[1].started >= report.attempt[0].started + PLUG_MS(100));
    T_TRUE(report.attempt[1].started < PLUG_S(20));
}

T_TEST_PLAIN(dial_one_by_one_when_told_so)
{
    char port[8];
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    listener("tcp://127.0.0.1:0", 0, port, sizeof port);
    black_hole("127.0.0.2", port);
    names_begin();
    o.delay = PLUG_FOREVER;
    o.timeout = PLUG_MS(400);
    T_ERR(dial_names(&s, "127.0.0.2,127.0.0.1", port, &o), PLUG_ETIMEOUT);
    T_EQ(report.count, 1);
}

T_TEST_PLAIN(dial_has_one_deadline)
{
    char port[8];
    struct plug_sock *s;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    free_port(port, sizeof port);
    black_hole("127.0.0.2", port);
    black_hole("127.0.0.3", port);
    names_begin();
    o.delay = PLUG_MS(1);
    o.timeout = PLUG_MS(500);
    int64_t start = plug_now();
    T_ERR(dial_names(&s, "127.0.0.2,127.0.0.3", port, &o), PLUG_ETIMEOUT);
    int64_t took = plug_now() - start;
    T_TRUE(took >= PLUG_MS(500) && took < PLUG_S(20));
    T_EQ(report.count, 2);
    T_EQ(report.attempt[0].error, PLUG_ETIMEOUT);
    T_EQ(report.attempt[1].error, PLUG_ETIMEOUT);
    T_STR(report.phase, "connect");
}

static int cancelled(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    (void)w, (void)fds, (void)count, (void)deadline;
    return -ECANCELED;
}

T_TEST_PLAIN(dial_can_be_cancelled)
{
    char port[8];
    struct plug_sock *s;
    struct plug_waiter w = {.size = sizeof w, .name = "cancelled", .wait_many = cancelled};
    free_port(port, sizeof port);
    black_hole("127.0.0.2", port);
    plug_waiter_set(&w);
    int err = dial_names(&s, "127.0.0.2", port, NULL);
    plug_waiter_set(NULL);
    T_ERR(err, -ECANCELED);
    T_EQ(report.attempt[0].error, -ECANCELED);
}
