/* SPDX-License-Identifier: MIT */
/* Socket activation: sd_listen_fds(3) without its library. */
#include <plug/err.h>
#include <plug/listen.h>
#include <plug/sys.h>
#include <plug/text.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_FD 3

/* A variable that holds a plain decimal number up to max; 0 when it does not. */
static uint64_t variable(const char *name, uint64_t max)
{
    const char *text = getenv(name);
    uint64_t value;
    return text && plug_uint_parse(text, strlen(text), max, &value) >= 0 ? value : 0;
}

int plug_listen_fds(void)
{
    if (variable("LISTEN_PID", INT32_MAX) != (uint64_t)plug_sys()->getpid())
        return 0;
    return (int)variable("LISTEN_FDS", PLUG_LISTEN_FDS_MAX);
}

/* The index-th of the names that colons divide; its length. */
static size_t name_at(int index, const char **ret)
{
    const char *p = getenv("LISTEN_FDNAMES");
    for (; p && index > 0; index--)
        if ((p = strchr(p, ':')))
            p++;
    *ret = p ? p : "";
    return strcspn(*ret, ":");
}

int plug_listen_fd(struct plug_sock **ret, int index, char *ret_name, size_t len)
{
    const char *name;
    struct plug_sock *s;
    if (index < 0 || index >= plug_listen_fds())
        return -EBADF;
    size_t namelen = name_at(index, &name);
    if (ret_name && namelen >= len)
        return -ENOSPC;
    int r = plug_sock_adopt(&s, FIRST_FD + index, -1, -1, -1);
    if (r < 0)
        return r;
    r = plug_sock_set_inheritable(s, false);
    if (r < 0) {
        (void)plug_sock_detach(s);
        return r;
    }
    if (ret_name) {
        memcpy(ret_name, name, namelen);
        ret_name[namelen] = '\0';
    }
    *ret = s;
    return 0;
}
