/* SPDX-License-Identifier: MIT */
#ifndef RELAY_H
#define RELAY_H
/*
 * Standard input and output on one side, one or more peers on the other: what plug connect and
 * plug listen have in common.
 *
 * Nothing here waits but the one ppoll of relay_run. Each direction has its own bounded queue, and
 * a full one only stops the reading of what fills it, so the directions cannot lock each other up.
 */
#include "cmd.h"

#define RELAY_PEERS_MAX   1000
#define RELAY_QUEUE       ((size_t)256 * 1024) /* bytes that wait for one peer, or for stdout */
#define RELAY_CHUNK       ((size_t)64 * 1024)  /* most bytes of one read */
#define RELAY_MESSAGE_MAX ((size_t)1024 * 1024)
#define RELAY_DRAIN       PLUG_S(2)    /* what SIGTERM leaves the clients, and the end our bytes */
#define RELAY_ANSWER      PLUG_S(1)    /* --quit-after of datagrams and --on-eof=wait */
#define RELAY_FIRST       PLUG_MS(200) /* input that brings nothing from the start does not flow */
#define RELAY_PAUSE       PLUG_S(1)    /* input that brings nothing for so long does not flow */

enum relay_eof { RELAY_HALF, RELAY_CLOSE, RELAY_WAIT, RELAY_NEVER };
enum relay_peer_eof { RELAY_EXIT, RELAY_SEND };

/* The first member of both options structs; relay_options is its table. */
struct relay_opts {
    int on_eof;      /* enum relay_eof; -1: not said */
    int on_peer_eof; /* enum relay_peer_eof */
    int64_t idle;    /* 0: for ever */
    int64_t answer;  /* -1: not said */
    uint64_t count;  /* messages, or lines of a stream; 0: no limit */
    uint64_t size;   /* most bytes of a message */
    bool hex, raw, lines, crlf, escapes, progress;
    const char *tee, *send;
};
#define RELAY_OPTS                                                                                 \
    {                                                                                              \
        .on_eof = -1, .answer = -1, .size = 65536                                                  \
    }
extern const struct cmd_opt relay_options[];
extern const char relay_notes[];

struct relay_peer {
    struct plug_sock *sock;
    unsigned id; /* 1, 2 ...; shown where there can be several */
    char name[PLUG_ADDR_TEXT];
    struct plug_addr addr; /* where the next datagram goes, on an unconnected socket */
    bool connected;        /* false: a bound datagram socket that answers the last sender */
    bool messages;         /* boundaries are kept: datagrams, seqpacket */
    bool has_eof;          /* streams and seqpacket end; datagram sockets do not */
    bool tells_errors;     /* ICMP errors are in the socket's error queue */
    bool pending;          /* a whole message waits in queue (it may be empty) */
    bool shut;             /* our end of file is sent */
    bool ended;            /* the peer's end of file came */
    bool dead;             /* sending failed; what still comes is read */
    bool failed;           /* receiving failed */
    struct plug_buf queue; /* taken from input, not sent */
    uint64_t received, sent;
    int64_t active, answered; /* when bytes moved last, and when some came in last */
    int64_t sent_at;          /* when some went out last */
    char tail[4];             /* the beginning of a character whose rest has not come */
    size_t tail_len;
};

struct relay_input {
    bool open;  /* stdin may still bring bytes */
    bool empty; /* none came so far */
    bool done;  /* everything is handed on */
    int64_t at; /* when it was done; before, when bytes came last */
    bool cr;    /* the last byte handed on was CR */
    bool blank; /* one empty message is to be sent: --send '' */
    struct plug_buf buf;
};

struct relay {
    struct cmd *c;
    const struct relay_opts *o;
    struct plug_sock *listener; /* NULL: none (any more); taken by relay_run */
    bool keep;                  /* goes on after the last client */
    bool is_listen;             /* speaks of clients; SIGTERM drains */
    size_t max;                 /* clients at once */
    int64_t first_wait;         /* for the first client; 0: for ever */

    struct relay_peer **peer; /* the first count of max */
    size_t count;
    struct pollfd *fds; /* stdout, stdin, signals, listener, then the peers */
    unsigned clients;   /* ever */
    struct relay_input input;
    int tee_fd;

    int64_t started, drain_at; /* drain_at: PLUG_NEVER until SIGTERM */
    int64_t accept_at;         /* no accept before: descriptors ran out */
    int64_t part_at;           /* no peer is waited for any longer than this; 0: none at all */
    int64_t ticked;            /* the last line of progress */
    uint64_t ticked_bytes, lines;
    uint64_t received, sent, received_messages, sent_messages, errors;
    bool stop;
    int code;
    const char *end_reason;
};

/* c, o, listener, keep, is_listen, max and first_wait are the caller's. CMD_YES, or a failure that
 * has been told. */
int relay_start(struct relay *r);
/* takes sock: a connected one, or a bound datagram socket. CMD_YES, or a failure that has been
 * told. */
int relay_add(struct relay *r, struct plug_sock *sock, const char *name, bool connected);
/* Passes bytes until an end comes, and ends every peer and the listener; the exit code. */
int relay_run(struct relay *r);
/* Frees what is left, after relay_start in any case. */
void relay_drop(struct relay *r);
/* Nothing more is to be done, for this reason (static text). The first one counts. */
void relay_stop(struct relay *r, const char *reason, int code);

/* --- relay_input.c ------------------------------------------------------------------------- */

int relay_input_start(struct relay *r);
/* May stdin be read now? */
bool relay_input_wanted(const struct relay *r);
void relay_input_read(struct relay *r);
/* Hands on what the peers have room for. */
void relay_input_pass(struct relay *r);
/* The end, whatever stdin may still have. */
void relay_input_stop(struct relay *r);

/* --- relay_peer.c -------------------------------------------------------------------------- */

size_t relay_peer_room(const struct relay_peer *p);
/* The poll events it waits for; 0: none now. */
short relay_peer_events(const struct relay *r, const struct relay_peer *p);
void relay_peer_ready(struct relay *r, struct relay_peer *p, short revents);
/* Sends what is queued, then what the end of input asks for. */
void relay_peer_send(struct relay *r, struct relay_peer *p);
/* Has it come to an end? Then reason says why. */
bool relay_peer_over(struct relay *r, struct relay_peer *p, const char **ret_reason);
/* When relay_peer_over must be asked again though nothing happened. */
int64_t relay_peer_deadline(const struct relay *r, const struct relay_peer *p);
void relay_peer_end(struct relay *r, struct relay_peer *p, const char *reason);

/* --- relay_show.c -------------------------------------------------------------------------- */

/* Received bytes; whole is the length the message had (more than len: cut). */
void relay_show_in(struct relay *r, struct relay_peer *p, const void *bytes, size_t len,
                   size_t whole);
void relay_show_out(struct relay *r, struct relay_peer *p, const void *bytes, size_t len);
/* The unfinished character of a stream that ended. */
void relay_show_tail(struct relay *r, struct relay_peer *p);
void relay_show_progress(struct relay *r, bool last);
void relay_show_summary(struct relay *r);
/* An event with the peer in it; ended by the caller. */
void relay_event(struct relay *r, struct plug_json *j, const char *type,
                 const struct relay_peer *p);

#endif
