/* SPDX-License-Identifier: MIT */
#ifndef PLUG_APP_TRACEROUTE_H
#define PLUG_APP_TRACEROUTE_H
/*
 * The inside of a trace, for the files traceroute*.c.
 *
 *   traceroute.c          its life, its options
 *   traceroute_probe.c    which probe goes next, how long it is waited for, when it is over
 *   traceroute_answer.c   an answer finds its probe
 *   traceroute_hop.c      statistics, loops, judgements, marks
 *   traceroute_read.c     what comes out of a socket or of its error queue
 *   traceroute_quote.c    whose answer an ICMP message is
 *   traceroute_{udp,echo,connect,raw}.c   ways to send and to hear, one const table each
 */
#include <plug/icmp.h>
#include <plug/msg.h>
#include <plug/sock.h>
#include <plug/traceroute.h>

struct plug__tr_way;

/* What a probe carries, to be known again by its quote. */
#define PLUG__TR_NONCE   8    /* bytes of payload that nobody off the path knows */
#define PLUG__TR_BALANCE 2    /* bytes that keep an ICMP checksum constant */
#define PLUG__TR_PAYLOAD 10   /* least payload: both */
#define PLUG__TR_ROOM    2048 /* what is read of a message; longer ones are cut */
#define PLUG__TR_CONTROL 1024 /* room for control data of one message */

enum plug__tr_state {
    PLUG__TR_FREE,
    PLUG__TR_FLYING,
    PLUG__TR_ANSWERED, /* kept, to know a duplicate */
    PLUG__TR_LOST,     /* kept, to know an answer that comes late */
    PLUG__TR_FORGOTTEN /* beyond the end, or sent again: its answer is nobody's business */
};

struct plug__tr_probe {
    enum plug__tr_state state;
    bool side_by_side; /* others were under way with it */
    uint8_t ttl, nth;
    uint16_t flow;
    uint64_t round;
    int64_t sent;
    uint8_t nonce[PLUG__TR_NONCE];
    uint32_t number;        /* ICMP: sequence number; TCP: the SYN's; UDP: checksum, where known */
    struct plug_sock *sock; /* of one connection attempt; else NULL */
    struct plug_traceroute *trace;
};

/* A flow: what all its probes have the same. */
struct plug__tr_flow {
    struct plug_traceroute *trace;
    struct plug_sock *sock; /* it sends, or holds the port; NULL where probes have their own */
    struct plug_addr from;  /* source address and port */
    uint16_t id;            /* of ICMP echo requests */
    uint16_t checksum;      /* of ICMP echo requests */
    unsigned last;          /* probes go up to this hop */
    enum plug_traceroute_end end;
    enum plug_traceroute_end before; /* of the round before; RUNNING: probes go up to max_ttl */
    unsigned vain;                   /* rounds in which that end was silent */
};

/* What an answer says, before it is known whether it is one. */
struct plug__tr_answer {
    struct plug_addr from;
    int64_t at; /* monotonic */
    int reply_ttl;
    enum plug_traceroute_answer meaning;
    bool icmp;
    uint8_t type, code;
    uint32_t mtu;
    bool translated;
    struct plug_icmp message; /* with its quote and extensions, where there are any */
};

struct plug__tr_hop {
    uint64_t sent, received, lost, late;
    size_t host_count;
    struct plug_traceroute_host host[PLUG_TRACEROUTE_HOSTS];
    int64_t last, best, worst;
    double mean, m2, jitter;
    struct plug_traceroute_event newest; /* the last answer */
    uint32_t mtu;
    /* of this round */
    unsigned asked; /* bit i: probe i has been sent */
    unsigned settled, answered;
    int64_t longest;        /* answer of the round, 0: none */
    struct plug_addr heard; /* who answered last in the round */
};

struct plug_traceroute {
    struct plug_loop *loop;
    bool own_loop, started, over;
    unsigned calling;            /* depth of calls of fn */
    struct plug_addr to, source; /* source AF_UNSPEC: the kernel chooses */
    int family;
    struct plug_traceroute_opts o;
    const struct plug__tr_way *way;
    plug_traceroute_fn *fn;
    void *arg;

    struct plug__tr_flow flow[PLUG_TRACEROUTE_FLOWS];
    struct plug_sock *raw[2];     /* ICMP; the transport */
    struct plug__tr_probe *probe; /* 2 * o.in_flight of them, used in turn */
    unsigned turn, flying;
    uint64_t launched; /* probes that have left */
    int64_t hold;      /* nothing is sent before: the system's queue was full */
    bool one_by_one;
    struct plug__tr_hop *hop; /* [ttl - first_ttl][flow] */
    uint8_t *packet;          /* room for the longest packet to be sent */
    size_t packet_len;        /* as it is now; shrinks to the path's MTU */

    /* the next probe to be sent */
    unsigned next_ttl, next_flow, next_nth;
    uint64_t round;
    int64_t round_at;
    bool resting; /* between two rounds */
    uint16_t sequence;
    struct plug_timer timer;
    struct plug_traceroute_summary sum;
};

/* A way to send probes and to hear the answers. */
struct plug__tr_way {
    const char *name;
    bool raw, one_by_one;
    int64_t wait_max; /* 0: none of its own */
    size_t header;    /* of the transport, in the packet */
    int (*open)(struct plug_traceroute *t, struct plug__tr_flow *f);
    /* p->ttl, ->nonce are set; sets p->sent. -EMSGSIZE: shorter, then again. */
    int (*send)(struct plug_traceroute *t, struct plug__tr_probe *p);
};

extern const struct plug__tr_way plug__tr_udp, plug__tr_echo, plug__tr_connect, plug__tr_raw_udp,
    plug__tr_raw_echo, plug__tr_raw_tcp;

/* --- traceroute_probe.c ------------------------------------------------------------------ */

/* Takes the sockets' and the timer's news further: time-outs, next probes, the end. */
void plug__tr_go(struct plug_traceroute *t);
void plug__tr_round_begin(struct plug_traceroute *t);
void plug__tr_finish(struct plug_traceroute *t, enum plug_traceroute_end end, int error);
/* p is answered, lost, or forgotten: it is under way no more. */
void plug__tr_land(struct plug_traceroute *t, struct plug__tr_probe *p, enum plug__tr_state state);
/* The probe has to be sent again: nothing was learnt from it. */
void plug__tr_repeat(struct plug_traceroute *t, struct plug__tr_probe *p);
/* Packets of this length and longer do not pass, those of mtu (0: unknown) may: a shorter length is
 * tried from now on. False: there is none. */
bool plug__tr_shrink(struct plug_traceroute *t, uint32_t mtu);
/* One more probe of this hop is settled, by the end of the flow perhaps (else RUNNING). */
void plug__tr_settled(struct plug_traceroute *t, unsigned ttl, unsigned flow,
                      enum plug_traceroute_end end);
void plug__tr_close_sockets(struct plug_traceroute *t);

/* --- traceroute_answer.c ----------------------------------------------------------------- */

/* The probe whose payload begins so; NULL: none. */
struct plug__tr_probe *plug__tr_by_nonce(struct plug_traceroute *t, const struct plug__tr_flow *f,
                                         const uint8_t *payload, size_t len);
/* The probe with that number whose nonce, as far as len goes, is at payload + at; NULL: none. */
struct plug__tr_probe *plug__tr_by_number(struct plug_traceroute *t, const struct plug__tr_flow *f,
                                          uint32_t number);
/* The only probe of the flow under way; NULL: none or several (from now on one at a time). */
struct plug__tr_probe *plug__tr_only_one(struct plug_traceroute *t, const struct plug__tr_flow *f);
/*
 * An ICMP message that a raw socket has heard; a has from, at and reply_ttl. Whose answer it is:
 * *ret_probe is NULL for one that looks like an answer to us, but is none. False: others' affair.
 */
bool plug__tr_icmp_whose(struct plug_traceroute *t, const uint8_t *bytes, size_t len,
                         struct plug__tr_answer *a, struct plug__tr_probe **ret_probe);
/* a is the answer to p (NULL: to none). */
void plug__tr_answered(struct plug_traceroute *t, struct plug__tr_probe *p,
                       const struct plug__tr_answer *a);
/* ICMP errors that end a datagram; redirects, source quenches and unknown ones do not. */
bool plug__tr_ends(const struct plug_traceroute *t, uint8_t type);
/* What an ICMP error means. */
void plug__tr_judge_icmp(const struct plug_traceroute *t, struct plug__tr_answer *a);
void plug__tr_tell(struct plug_traceroute *t, const struct plug_traceroute_event *e);

/* --- traceroute_hop.c -------------------------------------------------------------------- */

struct plug__tr_hop *plug__tr_hop_at(const struct plug_traceroute *t, unsigned ttl, unsigned flow);
void plug__tr_hop_answer(struct plug__tr_hop *h, const struct plug_traceroute_event *e);
/* Did the flow run in a circle? The hop at which that is certain; 0: no. */
unsigned plug__tr_loop(const struct plug_traceroute *t, unsigned flow);
/* The hop after which o.silent_max hops in a row stayed silent; 0: none. */
unsigned plug__tr_silence(const struct plug_traceroute *t, unsigned flow);
/* The extensions of an ICMP error into e. */
void plug__tr_extensions(struct plug_traceroute_event *e, const struct plug_icmp *message);

/* --- traceroute_read.c ------------------------------------------------------------------- */

/* Opens, binds to source and o.ifindex, and sets what every socket of a trace has. */
int plug__tr_socket(struct plug_traceroute *t, int type, int proto, uint16_t port,
                    struct plug_sock **ret);
/* An ICMP echo request in t->packet, with the flow's checksum and its own number: its length. */
size_t plug__tr_echo_request(struct plug_traceroute *t, const struct plug__tr_flow *f,
                             struct plug__tr_probe *p);
int plug__tr_hop_limit(struct plug_traceroute *t, struct plug_sock *s, uint8_t ttl);
/* One message, or one of the error queue (MSG_ERRQUEUE), with when it came and its TTL. err is set
 * for one of the queue. -EAGAIN: no more. */
struct plug__tr_message {
    uint8_t bytes[PLUG__TR_ROOM];
    size_t len;
    uint8_t quote[PLUG_ICMP_QUOTE_MIN + PLUG__TR_ROOM]; /* room for a message with extensions */
    struct plug__tr_answer answer; /* from, at, reply_ttl; type, code, mtu, ext of an ICMP error */
    struct plug_sock_err err;
    bool has_err;
};
int plug__tr_read(struct plug_traceroute *t, struct plug_sock *s, int flags,
                  struct plug__tr_message *ret);
/* What a socket reports once, beside its error queue, about probes before. */
bool plug__tr_old_news(int error);
/* Reads what is there, errors first, and calls heard for each; then takes the trace further. */
typedef void plug__tr_heard_fn(void *arg, struct plug__tr_message *m);
void plug__tr_drain(struct plug_traceroute *t, struct plug_sock *s, plug__tr_heard_fn *heard,
                    void *arg);
/* Sends len bytes of t->packet with this TTL, and notes when. */
int plug__tr_write(struct plug_traceroute *t, struct plug_sock *s, struct plug__tr_probe *p,
                   const struct plug_addr *to, size_t len);
/* nonce, then a pattern. */
void plug__tr_fill(const struct plug__tr_probe *p, uint8_t *payload, size_t len);

/* --- what ways share -------------------------------------------------------------------- */

/* The probe of which these bytes are the echo request, or the reply, as far as they go. */
struct plug__tr_probe *plug__tr_echo_whose(const struct plug__tr_flow *f, const uint8_t *bytes,
                                           size_t len, uint8_t type);
/* The port that o.source_port gives to a flow. */
uint16_t plug__tr_port(const struct plug_traceroute *t, const struct plug__tr_flow *f);
/* A socket connected to the host, which tells this end's address. */
int plug__tr_connected(struct plug_traceroute *t, uint16_t port, struct plug_sock **ret,
                       struct plug_addr *ret_from);
/* A TCP socket that holds the flow's port; f->from is set. */
int plug__tr_hold_tcp(struct plug_traceroute *t, struct plug__tr_flow *f, struct plug_sock **ret);
/* Data that came to the port of a flow of UDP. */
void plug__tr_udp_data(struct plug__tr_flow *f, struct plug__tr_message *m);
size_t plug__tr_ip_header(const struct plug_traceroute *t);

#endif
