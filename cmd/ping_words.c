/* SPDX-License-Identifier: MIT */
/* The words that scripts read from ping(8), kept to the letter. */
#include "ping.h"
#include <stdio.h>
#include <string.h>

static const char *unreachable(uint8_t code)
{
    static const char *const word[] = {"Destination Net Unreachable",
                                       "Destination Host Unreachable",
                                       "Destination Protocol Unreachable",
                                       "Destination Port Unreachable",
                                       NULL, /* with an MTU */
                                       "Source Route Failed",
                                       "Destination Net Unknown",
                                       "Destination Host Unknown",
                                       "Source Host Isolated",
                                       "Destination Net Prohibited",
                                       "Destination Host Prohibited",
                                       "Destination Net Unreachable for Type of Service",
                                       "Destination Host Unreachable for Type of Service",
                                       "Packet filtered",
                                       "Precedence Violation",
                                       "Precedence Cutoff"};

    return code < sizeof word / sizeof word[0] ? word[code] : NULL;
}

static void redirect(char *buf, size_t len, uint8_t code, uint32_t gateway)
{
    static const char *const word[] = {"Network", "Host", "Type of Service and Network",
                                       "Type of Service and Host"};
    char part[64];

    if (code < 4)
        snprintf(part, sizeof part, "Redirect %s", word[code]);
    else
        snprintf(part, sizeof part, "Redirect, Bad Code: %u", code);
    snprintf(buf, len, "%s(New nexthop: %u.%u.%u.%u)", part, gateway >> 24, gateway >> 16 & 255,
             gateway >> 8 & 255, gateway & 255);
}

static void words4(char *buf, size_t len, const struct plug_ping_event *e)
{
    const char *plain = e->icmp_type == 3 ? unreachable(e->icmp_code) : NULL;

    if (plain)
        snprintf(buf, len, "%s", plain);
    else if (e->icmp_type == 3 && e->icmp_code == 4)
        snprintf(buf, len, "Frag needed and DF set (mtu = %u)", (unsigned)e->info);
    else if (e->icmp_type == 3)
        snprintf(buf, len, "Dest Unreachable, Bad Code: %u", e->icmp_code);
    else if (e->icmp_type == 4)
        snprintf(buf, len, "Source Quench");
    else if (e->icmp_type == 5)
        redirect(buf, len, e->icmp_code, e->info);
    else if (e->icmp_type == 11 && e->icmp_code < 2)
        snprintf(buf, len, "%s",
                 e->icmp_code ? "Frag reassembly time exceeded" : "Time to live exceeded");
    else if (e->icmp_type == 11)
        snprintf(buf, len, "Time exceeded, Bad Code: %u", e->icmp_code);
    else if (e->icmp_type == 12)
        snprintf(buf, len, "Parameter problem: pointer = %u", (unsigned)e->info);
    else
        snprintf(buf, len, "Bad ICMP type: %u", e->icmp_type);
}

/* Words by code behind a beginning; a code that has none is a number. */
static void coded(char *buf, size_t len, const char *begin, const char *const *word, size_t words,
                  uint8_t code, const char *unknown)
{
    if (code < words && word[code])
        snprintf(buf, len, "%s%s", begin, word[code]);
    else
        snprintf(buf, len, "%s%s%u", begin, unknown, code);
}

static void words6(char *buf, size_t len, const struct plug_ping_event *e)
{
    static const char *const dest[] = {"No route", "Administratively prohibited",
                                       "Beyond scope of source address", "Address unreachable",
                                       "Port unreachable"};
    static const char *const time[] = {"Hop limit", "Defragmentation failure"};
    static const char *const field[] = {"Wrong header field ", "Unknown header ",
                                        "Unknown option "};
    char part[64];

    switch (e->icmp_type) {
    case 1:
        coded(buf, len, "Destination unreachable: ", dest, 5, e->icmp_code, "Unknown code ");
        return;
    case 2:
        snprintf(buf, len,
                 e->icmp_code ? "Packet too big: mtu=%u, code=%u" : "Packet too big: mtu=%u",
                 (unsigned)e->info, e->icmp_code);
        return;
    case 3:
        coded(buf, len, "Time exceeded: ", time, 2, e->icmp_code, "code ");
        return;
    case 4:
        coded(part, sizeof part, "", field, 3, e->icmp_code, "code ");
        snprintf(buf, len, "Parameter problem: %s%sat %u", part, e->icmp_code < 3 ? "" : " ",
                 (unsigned)e->info);
        return;
    default:
        snprintf(buf, len, "unknown icmp type: %u", e->icmp_type);
    }
}

void ping_error_words(char *buf, size_t len, int family, const struct plug_ping_event *e)
{
    if (e->icmp_type == 0 && e->error < 0) /* of a connection */
        snprintf(buf, len, "%s", plug_strerror(e->error));
    else
        (family == AF_INET6 ? words6 : words4)(buf, len, e);
}

/* The borders are ping(8)'s, in microseconds: what would round up to the next width has it. */
void ping_time_words(char *buf, size_t len, int64_t rtt)
{
    long long us = rtt / 1000;

    if (us >= 100000 - 50)
        snprintf(buf, len, "%lld", (us + 500) / 1000);
    else if (us >= 10000 - 5)
        snprintf(buf, len, "%lld.%01lld", (us + 50) / 1000, (us + 50) % 1000 / 100);
    else if (us >= 1000)
        snprintf(buf, len, "%lld.%02lld", (us + 5) / 1000, (us + 5) % 1000 / 10);
    else
        snprintf(buf, len, "%lld.%03lld", us / 1000, us % 1000);
}

void ping_ms_words(char *buf, size_t len, int64_t time)
{
    long long us = time / 1000;

    snprintf(buf, len, "%lld.%03lld", us / 1000, us % 1000);
}

void ping_answer_words(struct ping *g, const struct plug_ping_event *e, char *buf, size_t len)
{
    const char *from = ping_called(g, e->host, &e->from);
    unsigned seq = (uint16_t)e->seq;

    if (g->o->tcp)
        snprintf(buf, len, "connected to %s: tcp_seq=%u", from, seq);
    else
        snprintf(buf, len, "%zu bytes from %s: icmp_seq=%u", e->bytes, from, seq);
}

void ping_refusal_words(struct ping *g, const struct plug_ping_event *e, char *buf, size_t len)
{
    char words[128];

    ping_error_words(words, sizeof words, plug_addr_family(plug_ping_addr(g->engine, e->host)), e);
    snprintf(buf, len, "From %s %s_seq=%u %s", ping_called(g, e->host, &e->from),
             g->o->tcp ? "tcp" : "icmp", (unsigned)(uint16_t)e->seq, words);
}
