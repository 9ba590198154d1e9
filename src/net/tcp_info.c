/* SPDX-License-Identifier: MIT */
/* TCP_INFO, whose struct grows with every kernel, as one that does not. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <plug/sockopt.h>
#include <string.h>

/* enum tcp_state of include/net/tcp_states.h: part of the ABI, but of no header of the ABI */
static const char *const states[] = {"unknown",    "established", "syn_sent",  "syn_recv",
                                     "fin_wait1",  "fin_wait2",   "time_wait", "close",
                                     "close_wait", "last_ack",    "listen",    "closing"};

static void fill(struct plug_tcp_info *to, const struct tcp_info *i)
{
    to->state = i->tcpi_state < sizeof states / sizeof *states ? states[i->tcpi_state] : states[0];
    to->rtt = PLUG_US(i->tcpi_rtt);
    to->rttvar = PLUG_US(i->tcpi_rttvar);
    to->min_rtt = PLUG_US(i->tcpi_min_rtt);
    to->rto = PLUG_US(i->tcpi_rto);
    to->last_data_sent = PLUG_MS(i->tcpi_last_data_sent);
    to->last_data_recv = PLUG_MS(i->tcpi_last_data_recv);
    to->send_mss = i->tcpi_snd_mss;
    to->recv_mss = i->tcpi_rcv_mss;
    to->path_mtu = i->tcpi_pmtu;
    to->cwnd = i->tcpi_snd_cwnd;
    to->ssthresh = i->tcpi_snd_ssthresh;
    to->unacked = i->tcpi_unacked;
    to->lost = i->tcpi_lost;
    to->retrans = i->tcpi_retrans;
    to->total_retrans = i->tcpi_total_retrans;
    to->bytes_acked = i->tcpi_bytes_acked;
    to->bytes_received = i->tcpi_bytes_received;
    to->delivery_rate = i->tcpi_delivery_rate;
    to->timestamps = i->tcpi_options & TCPI_OPT_TIMESTAMPS;
    to->sack = i->tcpi_options & TCPI_OPT_SACK;
    to->wscale = i->tcpi_options & TCPI_OPT_WSCALE;
    to->ecn = i->tcpi_options & TCPI_OPT_ECN;
}

int plug_tcp_info(const struct plug_sock *s, struct plug_tcp_info *ret_info)
{
    PLUG_ASSERT(s);
    struct plug_tcp_info info;
    struct tcp_info kernel;
    size_t len = sizeof kernel;
    memset(&kernel, 0, sizeof kernel); /* an older kernel writes less */
    memset(&info, 0, sizeof info);
    int r = plug_sock_getopt(s, IPPROTO_TCP, TCP_INFO, &kernel, &len);
    if (r < 0)
        return r;
    fill(&info, &kernel);
    r = plug_sockopt_get_text(s, PLUG_SO_CONGESTION, info.congestion, sizeof info.congestion);
    if (r < 0)
        return r;
    *ret_info = info;
    return 0;
}
