/* SPDX-License-Identifier: MIT */
/* Descriptors and credentials over UNIX sockets. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/msg.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <string.h>

/* Room for every descriptor one message can carry, and for credentials and a pidfd beside them. */
#define ROOM (CMSG_SPACE(PLUG_FDS_MAX * sizeof(int)) + 128)

int plug_msg_put_fds(struct plug_msg *msg, const int *fds, size_t count)
{
    if (count == 0 || count > PLUG_FDS_MAX)
        return -EINVAL;
    return plug_msg_put(msg, SOL_SOCKET, SCM_RIGHTS, fds, count * sizeof *fds);
}

ssize_t plug_sock_send_fds(struct plug_sock *s, const struct plug_msg *msg, const int *fds,
                           size_t count, int flags)
{
    uint8_t room[ROOM];
    struct plug_msg m = *msg;
    if (msg->control_len)
        return -EINVAL;
    m.control = room;
    m.control_room = sizeof room;
    int r = plug_msg_put_fds(&m, fds, count);
    return r < 0 ? r : plug_sock_sendmsg(s, &m, flags);
}

struct basket {
    int *fds;
    size_t room, count;
    bool over; /* some were closed for want of room */
};

static void keep(struct basket *b, int fd)
{
    if (b->count < b->room) {
        b->fds[b->count++] = fd;
    } else {
        plug_sys()->close(fd);
        b->over = true;
    }
}

static void collect(const struct plug_msg *m, struct basket *b)
{
    struct plug_cmsg c;
    for (size_t at = 0; plug_msg_next(m, &at, &c);) {
        if (c.level != SOL_SOCKET || c.type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i + sizeof(int) <= c.len; i += sizeof(int)) {
            int fd;
            memcpy(&fd, (const uint8_t *)c.data + i, sizeof fd);
            keep(b, fd);
        }
    }
}

ssize_t plug_sock_recv_fds(struct plug_sock *s, struct plug_msg *msg, int *ret_fds, size_t *count,
                           int flags)
{
    uint8_t room[ROOM];
    struct plug_msg m = *msg;
    struct basket b = {ret_fds, *count, 0, false};
    if (*count > PLUG_FDS_MAX)
        return -EINVAL;
    m.control = room;
    m.control_room = sizeof room;
    ssize_t n = plug_sock_recvmsg(s, &m, flags);
    if (n < 0)
        return n;
    collect(&m, &b);
    msg->addr = m.addr;
    msg->flags = m.flags | (b.over ? MSG_CTRUNC : 0);
    msg->done = m.done;
    *count = b.count;
    return n;
}

int plug_sock_peer_cred(const struct plug_sock *s, struct plug_cred *ret_cred)
{
    struct ucred u;
    size_t len = sizeof u;
    int r = plug_sock_getopt(s, SOL_SOCKET, SO_PEERCRED, &u, &len);
    if (r >= 0)
        *ret_cred = (struct plug_cred){u.pid, u.uid, u.gid};
    return r;
}
