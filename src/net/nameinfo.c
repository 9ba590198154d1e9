/* SPDX-License-Identifier: MIT */
/* getnameinfo(3) within a deadline; the name of this machine. */
#include "net/lookup.h"

#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <string.h>

struct question {
    struct plug_addr addr;
    int flags;
    bool host, serv;
};

struct answer {
    char host[NI_MAXHOST];
    char serv[NI_MAXSERV];
};

static int nameinfo_run(const void *question, void **ret_answer)
{
    const struct question *q = question;
    struct answer *a = plug_calloc(1, sizeof *a);

    if (!a)
        return -ENOMEM;
    int err = plug_sys()->getnameinfo(&q->addr.sa, q->addr.len, q->host ? a->host : NULL,
                                      q->host ? sizeof a->host : 0, q->serv ? a->serv : NULL,
                                      q->serv ? sizeof a->serv : 0, q->flags);
    if (err < 0)
        plug_free(a);
    else
        *ret_answer = a;
    return err;
}

static bool fits(const char *text, size_t len, bool wanted)
{
    return !wanted || strlen(text) < len;
}

static void give(char *buf, const char *text, bool wanted)
{
    if (wanted)
        memcpy(buf, text, strlen(text) + 1);
}

int plug_nameinfo(const struct plug_addr *addr, int flags, char *host, size_t hostlen, char *serv,
                  size_t servlen)
{
    struct question q = {*addr, flags, host && hostlen, serv && servlen};
    void *answer = NULL;
    bool asks = q.host && !(flags & NI_NUMERICHOST);
    int err = asks ? plug__lookup(nameinfo_run, &q, sizeof q, PLUG_NEVER, &answer)
                   : nameinfo_run(&q, &answer);
    if (err < 0)
        return err;
    struct answer *a = answer;
    err = -ENOSPC;
    if (fits(a->host, hostlen, q.host) && fits(a->serv, servlen, q.serv)) {
        give(host, a->host, q.host);
        give(serv, a->serv, q.serv);
        err = 0;
    }
    plug_free(a);
    return err;
}

int plug_hostname(char *buf, size_t len)
{
    char name[PLUG__NAME_MAX + 2] = "";
    int err = plug_sys()->gethostname(name, sizeof name - 1);

    if (err < 0)
        return err;
    size_t n = strlen(name);
    if (n >= len)
        return -ENOSPC;
    memcpy(buf, name, n + 1);
    return (int)n;
}

int plug_hostname_set(const char *name, size_t len)
{
    return plug_sys()->sethostname(name, len);
}
