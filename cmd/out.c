/* SPDX-License-Identifier: MIT */
/* Standard output and error: buffered, by write(2), every failure remembered. */
#include "cmd.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_AT   32768 /* bytes that wait before they are written unasked */
#define RING       8
#define OBJECT_MAX 256 /* bytes of an object that a message shows */

/* Remembers the first failure and drops what can no longer be written. */
static int fail(struct cmd *c, int err)
{
    if (c->out_error == 0)
        c->out_error = err;
    plug_buf_clear(&c->out);
    return c->out_error;
}

/* fd may be somebody's non-blocking descriptor, or a full pipe; a signal ends the wait. */
static int wait_writable(int fd)
{
    struct pollfd fds[2] = {{fd, POLLOUT, 0}, {cmd_signal_fd(), POLLIN, 0}};
    int n = plug_sys()->ppoll(fds, 2, NULL, NULL);

    return cmd_signal() ? -EINTR : n == -EINTR ? 0 : n;
}

int cmd_flush(struct cmd *c)
{
    while (c->out_error == 0 && plug_buf_len(&c->out) > 0) {
        ssize_t n = plug_sys()->write(STDOUT_FILENO, plug_buf_data(&c->out), plug_buf_len(&c->out));
        if (n >= 0)
            plug_buf_consume(&c->out, (size_t)n);
        else if (n == -EAGAIN || n == -EINTR)
            n = wait_writable(STDOUT_FILENO);
        if (n < 0)
            return fail(c, (int)n);
    }
    return c->out_error;
}

/* After POLLOUT a pipe, socket or terminal takes PIPE_BUF bytes without blocking; a file any
 * amount. */
static size_t chunk_max(void)
{
    static size_t max;
    struct stat st;

    if (max == 0)
        max =
            plug_sys()->fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? SIZE_MAX : PIPE_BUF;
    return max;
}

int cmd_flush_some(struct cmd *c)
{
    while (c->out_error == 0 && plug_buf_len(&c->out) > 0) {
        struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};
        size_t len = plug_buf_len(&c->out);
        ssize_t n;

        if (plug_sys()->ppoll(&fd, 1, &(struct timespec){0, 0}, NULL) <= 0)
            return 0;
        n = plug_sys()->write(STDOUT_FILENO, plug_buf_data(&c->out),
                              len < chunk_max() ? len : chunk_max());
        if (n == -EAGAIN || n == -EINTR)
            return 0;
        if (n < 0)
            return fail(c, (int)n);
        plug_buf_consume(&c->out, (size_t)n);
    }
    return c->out_error;
}

static int added(struct cmd *c, int err)
{
    size_t len = plug_buf_len(&c->out);

    if (err < 0)
        return fail(c, err);
    if (c->hold || len == 0)
        return c->out_error;
    if (len >= FLUSH_AT || (c->tty_out && plug_buf_data(&c->out)[len - 1] == '\n'))
        return cmd_flush(c);
    return c->out_error;
}

int cmd_write(struct cmd *c, const void *bytes, size_t len)
{
    if (c->out_error < 0)
        return c->out_error;
    return added(c, plug_buf_append(&c->out, bytes, len));
}

void cmd_print(struct cmd *c, const char *fmt, ...)
{
    va_list ap;

    if (c->out_error < 0)
        return;
    va_start(ap, fmt);
    (void)added(c, plug_buf_vprintf(&c->out, fmt, ap));
    va_end(ap);
}

void cmd_print_safe(struct cmd *c, enum plug_text_mode mode, const void *bytes, size_t len)
{
    size_t need = plug_text_escape(mode, bytes, len, NULL, 0);
    uint8_t *room;
    int err;

    if (c->out_error < 0)
        return;
    err = plug_buf_reserve(&c->out, need + 1, &room);
    if (err == 0) {
        plug_text_escape(mode, bytes, len, (char *)room, need + 1);
        plug_buf_commit(&c->out, need);
    }
    (void)added(c, err);
}

const char *cmd_safe(const void *bytes, size_t len)
{
    static char ring[RING][CMD_SAFE_MAX];
    static unsigned turn;
    char *text = ring[turn++ % RING];

    if (plug_text_escape(PLUG_TEXT_TTY, bytes, len, text, CMD_SAFE_MAX - 3) >= CMD_SAFE_MAX - 3)
        memcpy(text + strlen(text), "...", 4);
    return text;
}

const char *cmd_safe_str(const char *text)
{
    return cmd_safe(text, strlen(text));
}

ssize_t cmd_read(struct cmd *c, void *buf, size_t len)
{
    (void)cmd_flush(c);
    for (;;) {
        struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {cmd_signal_fd(), POLLIN, 0}};
        ssize_t n = plug_sys()->ppoll(fds, 2, NULL, NULL);

        if (cmd_signal())
            return -EINTR;
        if (n >= 0)
            n = plug_sys()->read(STDIN_FILENO, buf, len);
        if (n != -EINTR && n != -EAGAIN)
            return n;
    }
}

/* --- events ----------------------------------------------------------------------------------- */

void cmd_event_bare(struct cmd *c, struct plug_json *j, const char *type)
{
    c->summarized = strcmp(type, "summary") == 0;
    plug_json_init(j, &c->out);
    plug_json_object(j, NULL);
    plug_json_string(j, "type", type);
}

void cmd_event(struct cmd *c, struct plug_json *j, const char *type)
{
    int64_t now = plug_sys()->now(CLOCK_REALTIME);
    time_t seconds = now / PLUG_S(1);
    struct tm tm;
    char date[32], ts[48];

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(ts, sizeof ts, "%s.%06uZ", date, (unsigned)(now % PLUG_S(1) / 1000));
    cmd_event_bare(c, j, type);
    plug_json_string(j, "ts", ts);
    plug_json_int(j, "v", 1);
}

void cmd_event_end(struct cmd *c, struct plug_json *j)
{
    plug_json_end(j);
    if (plug_json_error(j) < 0)
        (void)fail(c, plug_json_error(j));
    else if (!c->hold)
        (void)cmd_flush(c);
}

int cmd_sum_up(struct cmd *c, const char *noun, int done, int failed)
{
    int code = done < c->argc ? cmd_signal_exit() : failed > 0 ? CMD_UNKNOWN : CMD_YES;
    struct plug_json j;

    if (!c->json)
        return code;
    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", done < c->argc ? "signal" : "done");
    plug_json_int(&j, noun, done - failed);
    plug_json_int(&j, "errors", failed);
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
    return code;
}

/* --- standard error --------------------------------------------------------------------------- */

static void err_write(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = plug_sys()->write(STDERR_FILENO, text, len);
        if (n == -EINTR || (n == -EAGAIN && wait_writable(STDERR_FILENO) >= 0))
            continue;
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

void cmd_err(const char *fmt, ...)
{
    struct plug_buf b;
    va_list ap;

    plug_buf_init(&b, 65536);
    va_start(ap, fmt);
    if (plug_buf_vprintf(&b, fmt, ap) == 0)
        err_write((const char *)plug_buf_data(&b), plug_buf_len(&b));
    va_end(ap);
    plug_buf_clear(&b);
}

static const char *who(const struct cmd *c)
{
    static char name[64];

    snprintf(name, sizeof name, "plug%s%s", c->info ? " " : "", c->info ? c->info->name : "");
    return name;
}

static void error_event(struct cmd *c, const char *code, const char *message, const char *hint)
{
    struct plug_json j;

    if (!c->json)
        return;
    cmd_event(c, &j, "error");
    plug_json_string(&j, "code", code);
    plug_json_string(&j, "message", message);
    plug_json_string(&j, "hint", hint);
    cmd_event_end(c, &j);
}

int cmd_fail(struct cmd *c, int err, const char *op, const char *object, const char *hint)
{
    char text[CMD_SAFE_MAX], shown[OBJECT_MAX + 4];

    if (err == -EINTR && cmd_signal())
        return cmd_signal_exit();
    if (object && strlen(object) > OBJECT_MAX) { /* the reason behind it must not be cut off */
        snprintf(shown, sizeof shown, "%.*s...", OBJECT_MAX, object);
        object = shown;
    }
    plug_err_text(err, op, object, text, sizeof text);
    error_event(c, plug_err_name(err), text, hint);
    cmd_err("%s: %s%s\n%s%s%s", who(c), text, "", hint ? "  hint: " : "", hint ? hint : "",
            hint ? "\n" : "");
    return CMD_UNKNOWN;
}

int cmd_usage(struct cmd *c, const char *fmt, ...)
{
    char text[2 * CMD_SAFE_MAX], hint[96];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(hint, sizeof hint, "try '%s --help'", who(c));
    error_event(c, "USAGE", text, hint);
    cmd_err("%s: %s\n%s\n", who(c), text, hint);
    return CMD_UNKNOWN;
}

void cmd_warn(struct cmd *c, const char *fmt, ...)
{
    char text[CMD_SAFE_MAX];
    va_list ap;

    if (c->quiet)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    cmd_err("%s: %s\n", who(c), text);
}
