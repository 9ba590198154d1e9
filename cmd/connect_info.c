/* SPDX-License-Identifier: MIT */
/* plug connect --info: the steps of one connection, timed, and what came of it. */
#include "connect.h"
#include <stdio.h>
#include <string.h>

#include <plug/sockopt.h>

struct info {
    const struct plug_endpoint *e;
    const char *text;
    struct plug_dial_report report;
    struct plug_sock *sock; /* NULL: it failed */
    int error;
    struct plug_addr local, peer;
};

/* What is worth a line without --verbose. */
static const int shown[] = {PLUG_SO_NODELAY, PLUG_SO_KEEPALIVE,   PLUG_SO_MAX_SEGMENT,
                            PLUG_SO_TTL,     PLUG_SO_SEND_BUFFER, PLUG_SO_RECV_BUFFER};

static double ms(int64_t duration)
{
    return (double)duration / 1e6;
}

static const char *time_text(int64_t duration, char text[32])
{
    plug_duration_text(duration, text, 32);
    return text;
}

/* --- text ------------------------------------------------------------------------------------- */

static bool failed_at(const struct info *i, const char *phase)
{
    return i->error && i->report.phase && strcmp(i->report.phase, phase) == 0;
}

static void attempt_line(struct cmd *c, const struct plug_dial_attempt *a)
{
    char addr[PLUG_ADDR_TEXT], time[32];

    plug_addr_text(&a->addr, addr, sizeof addr);
    cmd_print(c, "  %s  %s%s%s  %s\n", addr, cmd_style(c, a->error ? CMD_BAD : CMD_GOOD),
              a->error ? plug_strerror(a->error) : "connected", cmd_style(c, CMD_PLAIN),
              time_text(a->took, time));
}

/* The lines of the classic example, with times. */
static void steps(struct cmd *c, const struct info *i)
{
    const struct plug_dial_report *r = &i->report;
    char time[32];

    if (i->e->family != AF_UNIX)
        cmd_print(c, "Looking up host and port number... %s (%s).\n",
                  failed_at(i, "resolve") ? "failed" : "done", time_text(r->resolve_took, time));
    if (r->count == 0)
        return;
    cmd_print(c, "Creating socket... %s.\n", failed_at(i, "socket") ? "failed" : "done");
    cmd_print(c, "Connecting to remote host%s%s... %s (%s).\n", *i->e->service ? " on port " : "",
              cmd_safe_str(i->e->service), i->error ? "failed" : "done",
              time_text(r->connect_took, time));
    for (size_t k = 0; k < r->count; k++)
        attempt_line(c, &r->attempt[k]);
}

static bool is_shown(int opt)
{
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        if (shown[i] == opt)
            return true;
    return false;
}

static void option_lines(struct cmd *c, const struct info *i)
{
    cmd_print(c, "Socket options:\n");
    for (int opt = 0; opt < PLUG_SO_COUNT; opt++) {
        char text[64];
        int64_t value;

        if (!c->verbose && !is_shown(opt))
            continue;
        if (plug_sockopt_unit(opt) == PLUG_UNIT_TEXT) {
            if (plug_sockopt_get_text(i->sock, opt, text, sizeof text) >= 0)
                cmd_print(c, "  %-20s %s\n", plug_sockopt_name(opt), cmd_safe_str(text));
        } else if (plug_sockopt_get(i->sock, opt, &value) == 0) {
            if (plug_sockopt_unit(opt) == PLUG_UNIT_DURATION)
                cmd_print(c, "  %-20s %s\n", plug_sockopt_name(opt), time_text(value, text));
            else
                cmd_print(c, "  %-20s %lld\n", plug_sockopt_name(opt), (long long)value);
        }
    }
}

static void tcp_lines(struct cmd *c, const struct info *i)
{
    struct plug_tcp_info t;
    char a[32], b[32], d[32];

    if (plug_tcp_info(i->sock, &t) < 0)
        return;
    cmd_print(c, "TCP: %s, %s\n", t.state, cmd_safe_str(t.congestion));
    cmd_print(c, "  round trip           %s, varies by %s\n", time_text(t.rtt, a),
              time_text(t.rttvar, b));
    cmd_print(c, "  retransmission after %s\n", time_text(t.rto, d));
    cmd_print(c, "  segment size         %u sent, %u received; path MTU %u\n", t.send_mss,
              t.recv_mss, t.path_mtu);
    cmd_print(c, "  congestion window    %u segments\n", t.cwnd);
    cmd_print(c, "  options             %s%s%s%s\n", t.sack ? " sack" : "",
              t.timestamps ? " timestamps" : "", t.wscale ? " window-scale" : "",
              t.ecn ? " ecn" : "");
}

static void print_info(struct cmd *c, const struct info *i)
{
    char local[PLUG_ADDR_TEXT], peer[PLUG_ADDR_TEXT];

    steps(c, i);
    if (!i->sock)
        return;
    plug_addr_text(&i->local, local, sizeof local);
    plug_addr_text(&i->peer, peer, sizeof peer);
    cmd_print(c, "Connected from %s\nConnected to %s\n", *local ? local : "(unnamed)",
              *peer ? peer : "(unnamed)");
    option_lines(c, i);
    tcp_lines(c, i);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void address_key(struct plug_json *j, const char *key, const struct plug_addr *addr)
{
    char text[PLUG_ADDR_TEXT];

    plug_addr_text(addr, text, sizeof text);
    plug_json_string(j, key, text);
}

static void attempt_keys(struct plug_json *j, const struct info *i)
{
    plug_json_array(j, "attempts");
    for (size_t k = 0; k < i->report.count; k++) {
        const struct plug_dial_attempt *a = &i->report.attempt[k];

        plug_json_object(j, NULL);
        address_key(j, "address", &a->addr);
        plug_json_string(j, "error", a->error ? plug_err_name(a->error) : NULL);
        plug_json_double(j, "started_ms", ms(a->started));
        plug_json_double(j, "took_ms", ms(a->took));
        plug_json_end(j);
    }
    plug_json_end(j);
}

static void option_keys(struct plug_json *j, const struct info *i)
{
    plug_json_object(j, "options");
    for (int opt = 0; opt < PLUG_SO_COUNT; opt++) {
        char text[64], key[64];
        int64_t value;

        if (plug_sockopt_unit(opt) == PLUG_UNIT_TEXT) {
            if (plug_sockopt_get_text(i->sock, opt, text, sizeof text) >= 0)
                plug_json_string(j, plug_sockopt_name(opt), text);
        } else if (plug_sockopt_get(i->sock, opt, &value) == 0) {
            bool duration = plug_sockopt_unit(opt) == PLUG_UNIT_DURATION;
            snprintf(key, sizeof key, "%s%s", plug_sockopt_name(opt),
                     duration                                    ? "_ms"
                     : plug_sockopt_unit(opt) == PLUG_UNIT_BYTES ? "_bytes"
                                                                 : "");
            if (duration && value < 0)
                plug_json_null(j, key);
            else if (duration)
                plug_json_double(j, key, ms(value));
            else if (plug_sockopt_unit(opt) == PLUG_UNIT_BOOL)
                plug_json_bool(j, key, value);
            else
                plug_json_int(j, key, value);
        }
    }
    plug_json_end(j);
}

static void tcp_keys(struct plug_json *j, const struct info *i)
{
    struct plug_tcp_info t;

    if (plug_tcp_info(i->sock, &t) < 0)
        return;
    plug_json_object(j, "tcp_info");
    plug_json_string(j, "state", t.state);
    plug_json_string(j, "congestion", t.congestion);
    plug_json_double(j, "rtt_ms", ms(t.rtt));
    plug_json_double(j, "rttvar_ms", ms(t.rttvar));
    plug_json_double(j, "rto_ms", ms(t.rto));
    plug_json_uint(j, "send_mss_bytes", t.send_mss);
    plug_json_uint(j, "recv_mss_bytes", t.recv_mss);
    plug_json_uint(j, "path_mtu_bytes", t.path_mtu);
    plug_json_uint(j, "cwnd_segments", t.cwnd);
    plug_json_uint(j, "total_retrans_segments", t.total_retrans);
    plug_json_bool(j, "sack", t.sack);
    plug_json_bool(j, "timestamps", t.timestamps);
    plug_json_bool(j, "wscale", t.wscale);
    plug_json_bool(j, "ecn", t.ecn);
    plug_json_end(j);
}

static void info_event(struct cmd *c, const struct info *i)
{
    struct plug_json j;

    cmd_event(c, &j, "info");
    plug_json_string(&j, "address", i->text);
    plug_json_bool(&j, "connected", i->sock != NULL);
    plug_json_double(&j, "resolve_ms", ms(i->report.resolve_took));
    plug_json_double(&j, "connect_ms", ms(i->report.connect_took));
    attempt_keys(&j, i);
    if (i->sock) {
        address_key(&j, "local", &i->local);
        address_key(&j, "peer", &i->peer);
        option_keys(&j, i);
        tcp_keys(&j, i);
    }
    cmd_event_end(c, &j);
}

/* -----------------------------------------------------------------------------------------------
 */

int connect_info(struct cmd *c, const struct plug_endpoint *e, const char *text,
                 const struct plug_dial_opts *dial)
{
    static struct info i;
    int code = CMD_YES;

    i.e = e;
    i.text = text;
    i.error = plug_dial(&i.sock, text, dial, &i.report);
    if (i.error == -EINTR && cmd_signal())
        return cmd_signal_exit();
    if (i.error == 0 && plug_sock_local(i.sock, &i.local) == 0)
        i.error = plug_sock_peer(i.sock, &i.peer);
    if (c->json)
        info_event(c, &i);
    else
        print_info(c, &i);
    (void)cmd_flush(c);
    if (i.error < 0)
        code = connect_failed(c, i.error, text, &i.report);
    plug_sock_close(i.sock);
    return code;
}
