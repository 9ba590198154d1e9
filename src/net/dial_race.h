/* SPDX-License-Identifier: MIT */
#ifndef NET_DIAL_RACE_H
#define NET_DIAL_RACE_H
/* Happy Eyeballs: several connections under way, the first one wins. */
#include <plug/dial.h>
#include <plug/resolve.h>

struct plug__race {
    const struct plug_dial_opts *opts;
    struct plug_dial_report *report;
    struct plug_addrinfo target[PLUG_DIAL_ATTEMPTS]; /* in the order of trying */
    struct plug_sock *sock[PLUG_DIAL_ATTEMPTS];      /* NULL: not under way */
    size_t count;                                    /* targets */
    size_t next;                                     /* the first target not yet tried */
    size_t active;                                   /* attempts under way */
    int64_t began;                                   /* the dialling */
    int64_t next_at;                                 /* when the next target joins */
};

/* The list's addresses, families in turn, none twice. */
void plug__race_targets(struct plug__race *r, const struct plug_resolve_list *list);
/* Runs it within the open deadline scopes; every socket but the winner is closed in any case. */
int plug__race_run(struct plug__race *r, struct plug_sock **ret);

#endif
