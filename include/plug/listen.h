/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LISTEN_H
#define PLUG_LISTEN_H
/*
 * A listening (or, for datagrams, bound) socket in one call: create_server of Python.
 *
 * Layer: net.
 *
 * Default bind is loopback: an empty host is 127.0.0.1 and ::1 would be another listener; "*" or
 * "0.0.0.0" or "[::]" is said on purpose. SO_REUSEADDR is on for TCP (a restart works during
 * TIME_WAIT) and off for UDP (where it lets another process share the port).
 */
#include <plug/sock.h>

PLUG_BEGIN_DECLS

struct plug_listen_opts {
    size_t size;
    int backlog;          /* 0: min(SOMAXCONN, 128) */
    bool reuse_addr_off;  /* TCP without SO_REUSEADDR */
    bool reuse_port;      /* SO_REUSEPORT: several sockets share the port */
    bool dual_stack;      /* an IPv6 socket that takes IPv4 too (V6ONLY off); "*" implies it */
    const char *device;   /* SO_BINDTODEVICE; borrowed during the call */
    unsigned mode;        /* permission bits of a UNIX path; 0: 0600 */
    bool keep_path;       /* do not remove a stale UNIX socket file before bind */
};
#define PLUG_LISTEN_OPTS {sizeof(struct plug_listen_opts), 0, false, false, false, NULL, 0, false}

/*
 * gives *ret: bound, and listening unless it is a datagram socket. A UNIX path where a socket file
 * lies that nobody answers is taken over; one that answers is -EADDRINUSE; anything else than a
 * socket is left alone (-EEXIST). Port 0: ask plug_sock_local for the one chosen.
 */
PLUG_API PLUG_MUST int plug_listen(struct plug_sock **ret, const char *endpoint,
                                   const struct plug_listen_opts *opts);
/* Removes the file of a UNIX listener that plug_listen made, if it is still that one; then closes. */
PLUG_API void plug_listen_close(struct plug_sock *s);

/* Can an IPv6 socket be made at all (run-time); can it take IPv4 too? */
PLUG_API bool plug_has_ipv6(void);
PLUG_API bool plug_has_dual_stack(void);

/*
 * Socket activation (sd_listen_fds(3)): the descriptors a service manager passed to this process
 * (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES). How many (0: none for us). The variables are not touched.
 * fds start at 3; name (NULL when there is none) is borrowed until the environment changes.
 */
PLUG_API int plug_listen_fds(void);
PLUG_API PLUG_MUST int plug_listen_fd(struct plug_sock **ret, int index, const char **ret_name);

PLUG_END_DECLS
#endif
