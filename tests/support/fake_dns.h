/* SPDX-License-Identifier: MIT */
#ifndef FAKE_DNS_H
#define FAKE_DNS_H
/*
 * A DNS server that behaves as the name asked for tells it to, right or wrong.
 *
 *   a.test          192.0.2.1, 2001:db8::1              nodata.test      no records
 *   www.test        an alias of a.test                  nx.test          NXDOMAIN; so is all else
 *   mx txt srv soa caa ns hinfo .test: one such record  servfail refused notimp formerr rcode9
 * .test silent.test     never answers                       slow.test        after 200 ms tc.test
 * truncated, answers over TCP         tcbad.test       truncated, TCP just closes wrongid.test
 * replies with a wrong id only        wrongname.test   with another question late.test       some
 * wrong replies, then the right  flood.test       thousands of wrong replies many.test       1000
 * addresses (over TCP)           loop.test        an alias of itself, in two steps garbage.test a
 * record cut off                    pointer.test     a name that points to itself evil.test an
 * alias with a hostile name PTR of 192.0.2.1: a.test; .2: a.test (differs); .3: nx.test; .4: none;
 * .5: silent; .6: servfail PTR of 192.0.3.N: the N-th hostile name PTR of 2001:db8::1: a.test
 */
#include <pthread.h>
#include <stdint.h>

struct fake_dns {
    int udp, tcp, stop[2];
    uint16_t port;
    pthread_t thread;
};

#define FAKE_DNS_HOSTILE 8

/* Serves on addr ("127.0.0.1", "::1"), UDP and TCP, port 0: one of the system's choice. 0 or -1. */
int fake_dns_open(struct fake_dns *d, const char *addr, uint16_t port);
void fake_dns_close(struct fake_dns *d);

#endif
