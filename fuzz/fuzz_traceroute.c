/* SPDX-License-Identifier: MIT */
/*
 * ICMP that a trace hears: whatever it says, the probe it is believed to answer is one that was
 * sent, whose number stands in the message; labels are bounded, and nothing is read past its end.
 */
#include "fuzz.h"
#include "../src/app/traceroute.h"
#include <netinet/in.h>
#include <plug/bytes.h>

#define PROBES 4

static struct plug__tr_probe probes[2 * PROBES];
static struct plug_traceroute trace;

static void set_up(int family, enum plug_traceroute_method method)
{
    const char *to = family == AF_INET ? "192.0.2.9" : "2001:db8::9";
    const char *from = family == AF_INET ? "192.0.2.1" : "2001:db8::1";

    memset(&trace, 0, sizeof trace);
    trace.family = family;
    trace.o.method = method;
    trace.o.flows = 1;
    trace.o.in_flight = PROBES;
    trace.o.port = 33434;
    trace.probe = probes;
    trace.flow[0].trace = &trace;
    trace.flow[0].id = 0x1234;
    FUZZ_CHECK(plug_addr_parse_ip(to, family, 0, &trace.to) == 0);
    FUZZ_CHECK(plug_addr_parse_ip(from, family, 40000, &trace.flow[0].from) == 0);
    for (unsigned i = 0; i < 2 * PROBES; i++) {
        probes[i] = (struct plug__tr_probe){.state = PLUG__TR_FLYING, .number = 0x4100 + i};
        memcpy(probes[i].nonce, "PLUGPLU", 7);
        probes[i].nonce[7] = (uint8_t)('0' + i);
    }
}

/* What the probe is known by stands in the message. */
static bool in_message(const struct plug__tr_probe *p, const uint8_t *bytes, size_t len)
{
    uint8_t number[4];

    plug_put_be32(number, p->number);
    return memmem(bytes, len, p->nonce, PLUG__TR_NONCE) != NULL ||
           memmem(bytes, len, number + 2, 2) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t choice = fuzz_choice(&data, &size);
    struct plug__tr_answer a = {.reply_ttl = -1};
    struct plug_traceroute_event e = {.icmp = true};
    struct plug__tr_probe *p = NULL;
    uint8_t *bytes = malloc(size + 1);

    FUZZ_CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    set_up(choice & 1 ? AF_INET6 : AF_INET, (enum plug_traceroute_method)(choice >> 1 & 3) % 3);
    a.from = choice & 8 ? trace.to : trace.flow[0].from;
    if (size >= 4 && !(choice & 16)) { /* a right checksum, which no fuzzer finds */
        memset(bytes + 2, 0, 2);
        plug_put_be16(bytes + 2, plug_checksum(bytes, size));
    }
    bool ours = plug__tr_icmp_whose(&trace, bytes, size, &a, &p);
    FUZZ_CHECK(p == NULL || (ours && p >= probes && p < probes + 2 * PROBES));
    FUZZ_CHECK(p == NULL || in_message(p, bytes, size));
    if (ours)
        plug__tr_extensions(&e, &a.message);
    FUZZ_CHECK(e.label_count <= PLUG_TRACEROUTE_LABELS);
    free(bytes);
    return 0;
}
