/* SPDX-License-Identifier: MIT */
/* Names of targets, and files of them. */
#include "app/targets_impl.h"
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/time.h>
#include <plug/wait.h>
#include <poll.h>
#include <string.h>

/* What was meant as an address is never asked for at a name server: 10.0.0.256, 1-2-3. */
static bool may_be_name(const char *text, size_t len)
{
    return strspn(text, "0123456789.-") < len && plug_hostname_valid(text, len);
}

int plug_targets_add_name(struct plug_targets *t, const char *name)
{
    struct plug_resolve_opts opts = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    int r;

    if (t->sealed)
        return -EBUSY;
    if (!may_be_name(name, strlen(name)))
        return PLUG_ETARGET;
    opts.family = t->family;
    opts.type = SOCK_DGRAM; /* each address once */
    r = plug_resolve(name, NULL, &opts, &list);
    if (r < 0)
        return r;
    r = plug_targets_add_addr(t, &list->item[0].addr, name);
    plug_resolve_free(list);
    return r;
}

/* --- files ------------------------------------------------------------------------------------ */

struct reader {
    struct plug_targets *t;
    plug_targets_name_fn *fn;
    void *arg;
    size_t line;                         /* the one that is being collected, from 1 */
    size_t len;                          /* of what is collected */
    char text[PLUG_TARGET_TEXT_MAX + 1]; /* without comment and leading blanks */
    bool comment;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static int add_line(struct reader *r)
{
    int err;

    while (r->len > 0 && blank(r->text[r->len - 1]))
        r->len--;
    if (r->len == 0)
        return 0;
    if (memchr(r->text, '\0', r->len))
        return PLUG_ETARGET;
    r->text[r->len] = '\0';
    err = plug_targets_add(r->t, r->text);
    if (err != PLUG_ETARGET || !may_be_name(r->text, r->len))
        return err;
    return r->fn ? r->fn(r->t, r->text, r->line, r->arg) : plug_targets_add_name(r->t, r->text);
}

static int end_line(struct reader *r)
{
    int err = add_line(r);

    r->len = 0;
    r->comment = false;
    return err < 0 ? err : 0;
}

static int take_byte(struct reader *r, char c)
{
    if (c == '\n') {
        int err = end_line(r);

        r->line += err == 0;
        return err;
    }
    r->comment |= c == '#';
    if (r->comment || (r->len == 0 && blank(c)))
        return 0;
    if (r->len == PLUG_TARGET_TEXT_MAX)
        return PLUG_ELIMIT;
    r->text[r->len++] = c;
    return 0;
}

/* read(2), waiting where there is nothing yet. */
static ssize_t read_some(int fd, char *buf, size_t len)
{
    for (;;) {
        ssize_t n = plug_sys()->read(fd, buf, len);

        if (n == -EINTR && !plug_waiter()->own.return_eintr)
            continue;
        if (n != -EAGAIN)
            return n;
        n = plug_wait(fd, POLLIN, PLUG_NEVER);
        if (n < 0)
            return n;
    }
}

int plug_targets_read(struct plug_targets *t, int fd, plug_targets_name_fn *fn, void *arg,
                      size_t *ret_line)
{
    struct reader r = {.t = t, .fn = fn, .arg = arg, .line = 1};
    char buf[4096];
    size_t about = 0;
    ssize_t n;
    int err = fd < 0 ? -EBADF : 0; /* to wait for no descriptor would take for ever */

    while (err == 0 && (n = read_some(fd, buf, sizeof buf)) != 0) {
        err = n < 0 ? (int)n : 0;
        about = n < 0 ? 0 : about;
        for (ssize_t i = 0; i < n && err == 0; i++)
            if ((err = take_byte(&r, buf[i])) < 0)
                about = r.line;
    }
    if (err == 0 && (err = end_line(&r)) < 0)
        about = r.line;
    if (err < 0 && ret_line)
        *ret_line = about;
    return err;
}
