/* SPDX-License-Identifier: MIT */
#ifndef PLUG_NET_UNIX_FILE_H
#define PLUG_NET_UNIX_FILE_H
/* The file of a UNIX listener: made without a race, removed only if it is still ours. */
#include "net/sock_impl.h"
#include <plug/listen.h>

/* Does addr name a file (not an abstract or unnamed socket)? */
bool plug__unix_file_named(const struct plug_addr *addr);

/* Binds s to the path and listens (backlog < 0: neither listen nor queue); s remembers the file. */
int plug__unix_file_listen(struct plug_sock *s, const struct plug_addr *addr, int backlog,
                           const struct plug_listen_opts *opts);

/* Removes the file if it is still the one that was made, and by this process. NULL-safe. */
void plug__unix_file_remove(const struct plug__unix_file *file);

#endif
