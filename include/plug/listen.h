/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LISTEN_H
#define PLUG_LISTEN_H
/*
 * A listening (or, for datagrams, bound) socket in one call: create_server of Python.
 *
 * Layer: net.
 *
 * The caller:
 *   1. plug_listen(&l, "tcp://127.0.0.1:8888", NULL)
 *   2. plug_sock_local(l, &addr) where the port was 0; plug_sock_accept(l, &conn, NULL) in a loop
 *   3. plug_listen_close(l)
 *
 * Default bind is loopback: an empty host is 127.0.0.1, and [::1] would be another listener; "*",
 * "0.0.0.0" or "[::]" is said on purpose. SO_REUSEADDR is on for TCP (a restart works during
 * TIME_WAIT) and off for UDP (where it lets another process share the port).
 */
#include <plug/sock.h>

PLUG_BEGIN_DECLS

struct plug_listen_opts {
    size_t size;
    int backlog;         /* 0: min(SOMAXCONN, 128); Linux queues one more than it says */
    bool reuse_addr_off; /* TCP without SO_REUSEADDR */
    bool reuse_port;     /* SO_REUSEPORT: several sockets share the port */
    bool dual_stack;     /* an IPv6 socket that takes IPv4 too (V6ONLY off); "*" implies it */
    const char *device;  /* SO_BINDTODEVICE; borrowed during the call */
    unsigned mode;       /* permission bits of a UNIX path, whatever the umask; 0: 0600 */
    bool keep_path;      /* do not remove a stale UNIX socket file before bind */
};
#define PLUG_LISTEN_OPTS                                                                           \
    {                                                                                              \
        sizeof(struct plug_listen_opts), 0, false, false, false, NULL, 0, false                    \
    }

/*
 * gives *ret: bound, and listening unless it is a datagram socket; endpoint as plug_endpoint_parse
 * reads it; of a name's addresses the first that this machine can bind. Port 0: ask
 * plug_sock_local for the one chosen.
 *
 * A UNIX path where a socket file lies that nobody answers is taken over; one that answers is
 * -EADDRINUSE; anything else than a socket is left alone: -EEXIST. Processes that come at the same
 * moment wait for each other by flock(2) on the directory, so that exactly one gets the path. The
 * file has its permissions from the moment it exists, and is never open wider than mode says.
 *
 * Errors: those of socket(2), bind(2), listen(2) and setsockopt(2); of plug_endpoint_parse and
 * plug_resolve; PLUG_EOPTS; PLUG_EUNSUPPORTED (tls://); -ENOMEM. Waits only for a name look-up and
 * for that lock (a second at most, then -EADDRINUSE), within the deadline scopes.
 */
PLUG_API PLUG_MUST int plug_listen(struct plug_sock **ret, const char *endpoint,
                                   const struct plug_listen_opts *opts);

/* The same at one address. type: SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET. */
PLUG_API PLUG_MUST int plug_listen_addr(struct plug_sock **ret, const struct plug_addr *addr,
                                        int type, const struct plug_listen_opts *opts);

/*
 * Ends a listener; takes s, NULL does nothing. The file of a UNIX listener that plug_listen made
 * goes too, if it is still that one and this is still the process that made it. plug_sock_close
 * leaves it.
 */
PLUG_API void plug_listen_close(struct plug_sock *s);

/* Can an IPv6 socket be made and bound on this machine, and can it take IPv4 too? Asked now. */
PLUG_API bool plug_has_ipv6(void);
PLUG_API bool plug_has_dual_stack(void);

/* --- socket activation ----------------------------------------------------------------- */

#define PLUG_LISTEN_FDS_MAX 1024 /* more than that is not believed */

/*
 * The descriptors a service manager passed to this process (sd_listen_fds(3): LISTEN_PID,
 * LISTEN_FDS). How many; 0: none for us. The variables are not touched.
 */
PLUG_API int plug_listen_fds(void);

/*
 * gives descriptor 3 + index as a handle, CLOEXEC from now on. name (of LISTEN_FDNAMES, "" when
 * there is none) goes to ret_name, len bytes with the NUL; NULL: not wanted. 0, -EBADF (no such
 * index), -ENOTSOCK, -ENOSPC (the name does not fit; no handle is made), -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_listen_fd(struct plug_sock **ret, int index, char *ret_name,
                                      size_t len);

PLUG_END_DECLS
#endif
