/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SOCKOPT_H
#define PLUG_SOCKOPT_H
/*
 * Socket options: by number as in setsockopt(2), or by name with units and the right level chosen.
 *
 * Layer: net.
 *
 * The caller:
 *   1. plug_sockopt_set(s, PLUG_SO_KEEPALIVE_IDLE, PLUG_S(60))      units are the table's
 *   2. plug_sockopt_get(s, PLUG_SO_RECV_BUFFER, &bytes)            what the kernel made of it
 *   3. for anything not in the table: plug_sock_setopt_int(s, level, name, value) and its siblings
 *
 * Every function: any thread, any fiber; never waits. Errors are those of setsockopt(2):
 * -ENOPROTOOPT where the kernel or the socket's family does not know the option, -EPERM where it
 * needs a capability, and PLUG_ERANGE for a value that the option's unit cannot hold.
 */
#include <plug/sock.h>

PLUG_BEGIN_DECLS

/* --- by number ------------------------------------------------------------------------- */

/* getsockopt(2) and setsockopt(2) with an int. */
PLUG_API PLUG_MUST int plug_sock_getopt_int(const struct plug_sock *s, int level, int name,
                                            int *ret_value);
PLUG_API PLUG_MUST int plug_sock_setopt_int(struct plug_sock *s, int level, int name, int value);

/*
 * The same with bytes. *len is the room in ret_value, then the length the kernel wrote. value may
 * be NULL with any len, as some options (of AF_ALG) want it. PLUG_ERANGE: len above INT_MAX.
 */
PLUG_API PLUG_MUST int plug_sock_getopt(const struct plug_sock *s, int level, int name,
                                        void *ret_value, size_t *len);
PLUG_API PLUG_MUST int plug_sock_setopt(struct plug_sock *s, int level, int name, const void *value,
                                        size_t len);

/* --- by name --------------------------------------------------------------------------- */

enum plug_sockopt_unit {
    PLUG_UNIT_BOOL,   /* 0 or 1 */
    PLUG_UNIT_NUMBER, /* as the kernel takes it */
    PLUG_UNIT_BYTES, /* the kernel doubles buffer sizes for its bookkeeping: get tells the result */
    PLUG_UNIT_DURATION, /* nanoseconds, rounded up to the kernel's unit */
    PLUG_UNIT_TEXT      /* plug_sockopt_set_text, _get_text */
};

/*
 * X(symbol, name, unit). The IPv4 or IPv6 option is chosen by the socket's family; on an IPv6
 * socket those of IPv4 are set, too, where both exist, so that a dual-stack socket behaves as one.
 */
/* clang-format off */
#define PLUG_SOCKOPT_MAP(X)                                                                        \
    X(REUSE_ADDR, "reuse_addr", BOOL)                                                              \
    X(REUSE_PORT, "reuse_port", BOOL)                                                              \
    X(BROADCAST, "broadcast", BOOL)                                                                \
    X(KEEPALIVE, "keepalive", BOOL)                                                                \
    X(KEEPALIVE_IDLE, "keepalive_idle", DURATION)                                                  \
    X(KEEPALIVE_INTERVAL, "keepalive_interval", DURATION)                                          \
    X(KEEPALIVE_COUNT, "keepalive_count", NUMBER)                                                  \
    X(USER_TIMEOUT, "user_timeout", DURATION)                                                      \
    X(LINGER, "linger", DURATION)         /* PLUG_FOREVER: off */                                  \
    X(NODELAY, "nodelay", BOOL)                                                                    \
    X(CORK, "cork", BOOL)                                                                          \
    X(QUICKACK, "quickack", BOOL)                                                                  \
    X(DEFER_ACCEPT, "defer_accept", DURATION) /* the kernel rounds it to its retransmissions */    \
    X(FASTOPEN, "fastopen", NUMBER)       /* length of the listener's queue */                     \
    X(FASTOPEN_CONNECT, "fastopen_connect", BOOL)                                                  \
    X(SYN_COUNT, "syn_count", NUMBER)                                                              \
    X(MAX_SEGMENT, "max_segment", BYTES)                                                           \
    X(NOTSENT_LOW, "notsent_low", BYTES)                                                           \
    X(CONGESTION, "congestion", TEXT)                                                              \
    X(SEND_BUFFER, "send_buffer", BYTES)                                                           \
    X(RECV_BUFFER, "recv_buffer", BYTES)                                                           \
    X(RECV_LOW, "recv_low", BYTES)                                                                 \
    X(PRIORITY, "priority", NUMBER)                                                                \
    X(MARK, "mark", NUMBER)               /* CAP_NET_ADMIN */                                      \
    X(INCOMING_CPU, "incoming_cpu", NUMBER)                                                        \
    X(BUSY_POLL, "busy_poll", DURATION)                                                            \
    X(BIND_DEVICE, "bind_device", TEXT)   /* "" unbinds */                                         \
    X(DONT_ROUTE, "dont_route", BOOL)                                                              \
    X(OOB_INLINE, "oob_inline", BOOL)                                                              \
    X(TIMESTAMPS, "timestamps", BOOL)     /* arrival times: plug_cmsg_time */                      \
    X(DROP_COUNT, "drop_count", BOOL)     /* datagrams lost before this one: SO_RXQ_OVFL */        \
    X(PASS_CRED, "pass_cred", BOOL)       /* senders' credentials: plug_cmsg_cred */               \
    X(V6ONLY, "v6only", BOOL)                                                                      \
    X(TTL, "ttl", NUMBER)                 /* IPv6: unicast hops */                                 \
    X(TOS, "tos", NUMBER)                 /* IPv6: traffic class */                                \
    X(RECV_TTL, "recv_ttl", BOOL)                                                                  \
    X(RECV_TOS, "recv_tos", BOOL)                                                                  \
    X(PKTINFO, "pktinfo", BOOL)           /* where a datagram was sent to: plug_cmsg_pktinfo */    \
    X(RECVERR, "recverr", BOOL)           /* ICMP errors: plug_sock_recv_err */                  \
    X(FREEBIND, "freebind", BOOL)                                                                  \
    X(TRANSPARENT, "transparent", BOOL)   /* CAP_NET_ADMIN */                                      \
    X(HEADER_INCLUDED, "header_included", BOOL)                                                    \
    X(MTU_DISCOVER, "mtu_discover", NUMBER) /* IP_PMTUDISC_x */                                    \
    X(MTU, "mtu", BYTES)                  /* of the connected path; IPv6 takes a lower one */      \
    X(MULTICAST_TTL, "multicast_ttl", NUMBER)                                                      \
    X(MULTICAST_LOOP, "multicast_loop", BOOL)                                                      \
    X(MULTICAST_ALL, "multicast_all", BOOL) /* off: only groups this socket has joined */          \
    X(DOMAIN, "domain", NUMBER)           /* read only, like the next three */                     \
    X(TYPE, "type", NUMBER)                                                                        \
    X(PROTOCOL, "protocol", NUMBER)                                                                \
    X(ACCEPTING, "accepting", BOOL)
/* clang-format on */

enum plug_sockopt {
#define PLUG_SOCKOPT_ENUM(symbol, name, unit) PLUG_SO_##symbol,
    PLUG_SOCKOPT_MAP(PLUG_SOCKOPT_ENUM)
#undef PLUG_SOCKOPT_ENUM
        PLUG_SO_COUNT
};

/* Sets and reads one. opt is an enum plug_sockopt; -ENOPROTOOPT for any other number. */
PLUG_API PLUG_MUST int plug_sockopt_set(struct plug_sock *s, int opt, int64_t value);
PLUG_API PLUG_MUST int plug_sockopt_get(const struct plug_sock *s, int opt, int64_t *ret_value);

/* The text options. The result of _get_text is the length without the NUL; -ENOSPC. */
PLUG_API PLUG_MUST int plug_sockopt_set_text(struct plug_sock *s, int opt, const char *text);
PLUG_API PLUG_MUST int plug_sockopt_get_text(const struct plug_sock *s, int opt, char *buf,
                                             size_t len);

/*
 * The table itself: name (NULL: no such number), number by name (-ENOPROTOOPT), unit. Static text.
 */
PLUG_API const char *plug_sockopt_name(int opt);
PLUG_API int plug_sockopt_find(const char *name);
PLUG_API enum plug_sockopt_unit plug_sockopt_unit(int opt);

/* The pending error, cleared by asking (SO_ERROR): 0, or the code in *ret_error (-ECONNREFUSED). */
PLUG_API PLUG_MUST int plug_sock_error(struct plug_sock *s, int *ret_error);

/* --- multicast ------------------------------------------------------------------------- */

/*
 * Joins or leaves a group; source NULL: from any source, else only from that one (RFC 4607).
 * ifindex 0: the kernel chooses by its routes. -EADDRINUSE (joined already), -EADDRNOTAVAIL (not
 * joined), -EINVAL (not a group), -ENODEV. group and source are of the socket's family, or
 * -EAFNOSUPPORT.
 */
PLUG_API PLUG_MUST int plug_multicast_join(struct plug_sock *s, const struct plug_addr *group,
                                           const struct plug_addr *source, unsigned ifindex);
PLUG_API PLUG_MUST int plug_multicast_leave(struct plug_sock *s, const struct plug_addr *group,
                                            const struct plug_addr *source, unsigned ifindex);

/* Shuts one source out of a group joined from any source (block), or lets it in again. */
PLUG_API PLUG_MUST int plug_multicast_block(struct plug_sock *s, const struct plug_addr *group,
                                            const struct plug_addr *source, unsigned ifindex);
PLUG_API PLUG_MUST int plug_multicast_unblock(struct plug_sock *s, const struct plug_addr *group,
                                              const struct plug_addr *source, unsigned ifindex);

/* The interface that multicast is sent through; 0: the kernel chooses. */
PLUG_API PLUG_MUST int plug_multicast_interface(struct plug_sock *s, unsigned ifindex);

/* --- TCP_INFO -------------------------------------------------------------------------- */

/*
 * What the kernel knows of a TCP connection; the same struct whatever the kernel's version: what
 * it does not tell is 0. Times in nanoseconds.
 */
struct plug_tcp_info {
    const char *state;   /* "established", "syn_sent" ...; static */
    char congestion[16]; /* "cubic" */
    int64_t rtt, rttvar, min_rtt, rto;
    int64_t last_data_sent, last_data_recv; /* how long ago */
    uint32_t send_mss, recv_mss, path_mtu;  /* bytes */
    uint32_t cwnd, ssthresh;                /* segments */
    uint32_t unacked, lost, retrans;        /* segments now */
    uint32_t total_retrans;                 /* segments since the beginning */
    uint64_t bytes_acked, bytes_received;
    uint64_t delivery_rate; /* bytes a second */
    bool timestamps, sack, wscale, ecn;
};
/* -EOPNOTSUPP, -ENOPROTOOPT: not a TCP socket. */
PLUG_API PLUG_MUST int plug_tcp_info(const struct plug_sock *s, struct plug_tcp_info *ret_info);

PLUG_END_DECLS
#endif
