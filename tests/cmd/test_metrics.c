/* SPDX-License-Identifier: MIT */
#include "metrics.h"
#include "t.h"
#include <stdio.h>
#include <string.h>

static struct plug_loop *loop;
static struct metrics *served;
static int verdict; /* what the source of the metrics returns */

static int seven(struct plug_buf *text, void *arg)
{
    struct metrics_label l = {"host", arg};
    int err = metrics_family(text, "plug_sent_total", "counter", "Requests sent.");

    err = err < 0 ? err : metrics_value(text, "plug_sent_total", &l, 1, 7);
    return err < 0 ? err : verdict;
}

static void serve(char *host)
{
    verdict = 0;
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(metrics_open(&served, loop, "tcp://127.0.0.1:0", seven, host));
    T_OWN(metrics_close, served);
}

static struct plug_sock *client(void)
{
    struct plug_addr a;
    struct plug_sock *s;

    T_OK(plug_sock_local(metrics_sock(served), &a));
    T_OK(plug_sock_open(&s, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, s);
    T_OK(plug_sock_connect(s, &a));
    T_OK(plug_sock_set_blocking(s, false));
    return s;
}

/* Turns the loop until the server has closed; what it said. */
static const char *hear(struct plug_sock *s)
{
    static char said[8192];
    size_t len = 0;
    ssize_t n = -EAGAIN;

    for (int turn = 0; turn < 1000 && n != 0; turn++) {
        T_OK(plug_loop_turn(loop, PLUG_MS(20)));
        n = plug_sock_recv(s, said + len, sizeof said - 1 - len, 0);
        if (n != -EAGAIN)
            len += (size_t)T_OK(n == -ECONNRESET ? (n = 0) : n);
    }
    T_EQ(n, 0);
    said[len] = '\0';
    return said;
}

static const char *ask(const char *request)
{
    struct plug_sock *s = client();

    T_OK(plug_sock_send_all(s, request, strlen(request), NULL));
    return hear(s);
}

#define TEXT                                                                                       \
    "# HELP plug_sent_total Requests sent.\n# TYPE plug_sent_total counter\n"                      \
    "plug_sent_total{host=\"a \\\"b\\\" \\\\ \\n\xef\xbf\xbd\"} 7\n"

static char name[] = "a \"b\" \\ \n\xff";

T_TEST_PLAIN(metrics_are_told_in_prometheus_text)
{
    char want[1024];

    serve(name);
    snprintf(want, sizeof want,
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
             strlen(TEXT), TEXT);
    T_STR(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), want);
    T_STR(ask("GET /metrics?x HTTP/1.0\r\n\r\n"), want);
    *strstr(want, "# HELP") = '\0';
    T_STR(ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), want);
}

static void expect(const char *request, const char *status)
{
    T_EQ(strncmp(ask(request), status, strlen(status)), 0);
}

T_TEST_PLAIN(metrics_refuse_what_is_no_scrape)
{
    serve(name);
    expect("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ");
    expect("GET /metricsx HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ");
    expect("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ");
    expect("GET /metrics\r\n\r\n", "HTTP/1.1 400 ");
    expect("\r\n\r\n", "HTTP/1.1 400 ");
    expect("GET /metrics HTTP/2.0\r\n\r\n", "HTTP/1.1 400 ");
    verdict = -ENOMEM;
    expect("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 500 ");
}

static void send_much(size_t len)
{
    static char request[METRICS_REQUEST + 1];

    memset(request, 'x', sizeof request);
    memcpy(request, "GET /metrics HTTP/1.1\r\n", 23);
    if (len <= METRICS_REQUEST)
        memcpy(request + len - 4, "\r\n\r\n", 4);
    struct plug_sock *s = client();
    T_OK(plug_sock_send_all(s, request, len, NULL));
    T_EQ(strncmp(hear(s), "HTTP/1.1 200", 12) == 0, len <= METRICS_REQUEST);
}

T_TEST_PLAIN(metrics_bound_a_request)
{
    serve(name);
    for (size_t len = METRICS_REQUEST - 1; len <= METRICS_REQUEST + 1; len++)
        send_much(len);
}

T_TEST_PLAIN(metrics_bound_their_clients_and_a_silent_one_frees_its_place)
{
    struct plug_sock *s[METRICS_CLIENTS];

    serve(name);
    for (size_t i = 0; i < METRICS_CLIENTS; i++) {
        s[i] = client();
        T_OK(plug_loop_turn(loop, PLUG_S(10)));
    }
    T_STR(hear(client()), ""); /* one too many */
    plug_sock_close(s[3]);
    t_disown(s[3]);
    T_OK(plug_loop_turn(loop, PLUG_S(10)));
    expect("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ");
    T_STR(hear(s[0]), ""); /* said nothing for METRICS_TIME */
}

T_TEST_PLAIN(metrics_take_a_request_in_single_bytes)
{
    const char *request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

    serve(name);
    struct plug_sock *s = client();
    T_OK(plug_loop_turn(loop, PLUG_S(10)));
    for (const char *p = request; *p != '\0'; p++) {
        T_EQ(plug_sock_send(s, p, 1, 0), 1);
        T_OK(plug_loop_turn(loop, PLUG_MS(1)));
    }
    T_EQ(strncmp(hear(s), "HTTP/1.1 200", 12), 0);
}

T_TEST_PLAIN(metrics_rest_without_a_descriptor_and_go_on)
{
    serve(name);
    struct plug_sock *s = client();
    T_OK(plug_sys_fault("accept4:1-3=EMFILE", NULL));
    int64_t before = plug_now();
    T_OK(plug_sock_send_all(s, "GET /metrics HTTP/1.1\r\n\r\n", 25, NULL));
    T_EQ(strncmp(hear(s), "HTTP/1.1 200", 12), 0);
    T_OK(plug_sys_fault(NULL, NULL));
    T_TRUE(plug_now() - before >= 3 * METRICS_REST);
}

T_TEST(metrics_open_says_what_is_wrong)
{
    struct metrics *m;

    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_ERR(metrics_open(&m, loop, "9427", seven, NULL), PLUG_EADDR);
    T_ERR(metrics_open(&m, loop, "udp://127.0.0.1:0", seven, NULL), -EINVAL);
}
