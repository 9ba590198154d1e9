/* SPDX-License-Identifier: MIT */
#ifndef CMD_H
#define CMD_H
/*
 * The frame every sub-command of plug stands in: one table entry, one option table, one way to
 * print, one set of exit codes.
 *
 * A sub-command is one file cmd/cmd_NAME.c with
 *   1. a struct of its options, and a static table of struct cmd_opt that points into it;
 *   2. int run(struct cmd *c): c->argc/argv are the operands; it returns an enum cmd_exit;
 *   3. const struct cmd_info cmd_NAME, and its line in cmd/commands.h.
 * Help, completions and environment defaults (PLUG_NAME_OPTION) come from the table.
 *
 * One process runs one sub-command, so the frame keeps its state in one struct cmd.
 */
#include <plug.h>

enum cmd_exit {
    CMD_YES = 0,     /* it is so; it worked */
    CMD_NO = 1,      /* it ran and the answer is no */
    CMD_UNKNOWN = 2, /* it could not tell: usage, resolution, permission, network, output failure */
    CMD_SIGINT = 130,
    CMD_SIGTERM = 143
};

#define CMD_OPTS_MAX 64   /* options of one sub-command, the common ones included */
#define CMD_LIST_MAX 32   /* occurrences of one CMD_LIST option */
#define CMD_SAFE_MAX 2048 /* longest result of cmd_safe; more is cut and ends in "..." */

enum cmd_opt_kind {
    CMD_FLAG,     /* bool */
    CMD_COUNT,    /* unsigned: how often it was given */
    CMD_STRING,   /* const char * */
    CMD_UINT,     /* uint64_t between min and max */
    CMD_DURATION, /* int64_t: plug_duration_parse */
    CMD_WITHIN,   /* the same, or alone ("--wait"), which means min ns; else with "=": --wait=2s */
    CMD_CHOICE,   /* int: index in choices ("a|b|c") */
    CMD_LIST      /* struct cmd_list: every occurrence */
};

struct cmd_list {
    const char *item[CMD_LIST_MAX];
    size_t count;
    bool from_env; /* the first occurrence on the command line replaces it */
};

struct cmd_opt {
    const char *name; /* "timeout"; NULL ends the table */
    char letter;      /* 'w' or 0 */
    enum cmd_opt_kind kind;
    const char *metavar; /* "TIME"; for CMD_CHOICE the choices "half|close|wait|never" */
    const char *help;    /* one line, no full stop */
    size_t offset;       /* offsetof the field in the options struct */
    uint64_t min, max;   /* for CMD_UINT; min for CMD_WITHIN */
};

struct cmd {
    const struct cmd_info *info; /* NULL while no sub-command is chosen */
    int argc;                    /* operands only */
    char **argv;                 /* NULL-terminated */
    bool json, quiet, help;
    unsigned verbose;
    int color;                 /* --color: 0 auto, 1 always, 2 never */
    bool color_out, color_err; /* --color > FORCE_COLOR > NO_COLOR > tty */
    bool tty_out, tty_err;
    bool hold;           /* nothing is written but by cmd_flush and cmd_flush_some */
    bool summarized;     /* the last JSON event was a summary */
    struct plug_buf out; /* what is to be written to stdout */
    int out_error;       /* the first failure of writing stdout (-EPIPE, -ENOSPC ...) */
    void *opts;          /* the sub-command's options struct */
};

struct cmd_info {
    const char *name;
    const char *summary;        /* one line */
    const char *operands;       /* "FORMAT VALUE..." */
    const char *examples;       /* three or more lines "plug pack ...  # what it shows" */
    const char *notes;          /* more text for --help, or NULL */
    const struct cmd_opt *opts; /* without the common ones: --json --color -q -v --help */
    const struct cmd_opt *more; /* a table shared with another sub-command, same struct; or NULL */
    size_t opts_size;
    const void *defaults; /* an options struct to start from; NULL: all zero */
    bool stop_at_operand; /* options only before the first operand (pack: -5 is a number) */
    bool summary_event;   /* --json always ends with a summary: the frame adds a missing one */
    int (*run)(struct cmd *c);
};

/* --- output: everything for stdout goes through these; text from outside through cmd_safe ----- */

/* Formatted text to stdout. Written when the buffer is large, at a line end on a terminal, and by
 * cmd_flush: call that before waiting. */
void cmd_print(struct cmd *c, const char *fmt, ...) PLUG_PRINTF(2, 3);
/* Raw bytes to stdout (payload). Returns 0 or the first write error. */
int cmd_write(struct cmd *c, const void *bytes, size_t len);
/* Escaped for a terminal, to stdout, whatever its length. */
void cmd_print_safe(struct cmd *c, enum plug_text_mode mode, const void *bytes, size_t len);
/* Escaped for a terminal, at most CMD_SAFE_MAX; a static ring of 8, so several fit one cmd_print.
 */
const char *cmd_safe(const void *bytes, size_t len);
const char *cmd_safe_str(const char *text);
/* Writes out what is buffered, waiting if it must. 0 or the first error; main turns it into exit 2
 * and a message (EPIPE: silently). */
int cmd_flush(struct cmd *c);
/* Writes what goes without waiting: for a command that polls stdout for POLLOUT (with c->hold). */
int cmd_flush_some(struct cmd *c);
/* Bytes of stdin: up to len, 0 at the end, -EINTR when a signal wants the command to end. */
ssize_t cmd_read(struct cmd *c, void *buf, size_t len);

/* Starts a JSON event {"type":TYPE,"ts":RFC 3339 UTC with microseconds,"v":1, ... into *j. Ended
 * and written by cmd_event_end. _bare leaves ts and v out, where the contract gives the whole
 * object. */
void cmd_event(struct cmd *c, struct plug_json *j, const char *type);
void cmd_event_bare(struct cmd *c, struct plug_json *j, const char *type);
void cmd_event_end(struct cmd *c, struct plug_json *j);

/* The summary of a command that answers its operands one by one: done of them, failed of these. A
 * signal left the others. Returns the exit code. */
int cmd_sum_up(struct cmd *c, const char *noun, int done, int failed);

/* Text to stderr as it is, in one write. */
void cmd_err(const char *fmt, ...) PLUG_PRINTF(1, 2);

/* --- errors -------------------------------------------------------------------------------- */

/*
 * "plug connect: connect tcp://127.0.0.1:81: connection refused" and a line "  hint: ..." on
 * stderr; with --json also an event {"type":"error",...,"code":NAME,"message":...,"hint":...} on
 * stdout. object is escaped; op, object, hint may be NULL. Returns CMD_UNKNOWN, so that a command
 * can say return cmd_fail(c, err, "connect", text, hint). Silent, with the signal's exit code, when
 * err is -EINTR because of a signal.
 */
int cmd_fail(struct cmd *c, int err, const char *op, const char *object, const char *hint);
/* A usage mistake: message, then "try 'plug NAME --help'". Returns CMD_UNKNOWN. */
int cmd_usage(struct cmd *c, const char *fmt, ...) PLUG_PRINTF(2, 3);
/* "plug NAME: text" on stderr unless --quiet. */
void cmd_warn(struct cmd *c, const char *fmt, ...) PLUG_PRINTF(2, 3);

/* --- options ------------------------------------------------------------------------------- */

/* Environment, then argv[1..]: fills c->opts and the common fields, leaves the operands in c->argv.
 * CMD_YES, or CMD_UNKNOWN after a usage message. */
int cmd_options(struct cmd *c, int argc, char **argv);
/* Checks the number of operands. CMD_YES, or CMD_UNKNOWN after a usage message. */
int cmd_operands(struct cmd *c, int min, int max);
/* The i-th option of a sub-command, its own first, then the common ones; NULL behind the last.
 * letter gets its short form or 0 (a common letter yields to an own one). */
const struct cmd_opt *cmd_opt_at(const struct cmd_info *info, size_t i, char *ret_letter);
/* "PLUG_CONNECT_IDLE_TIMEOUT" */
void cmd_opt_env(const struct cmd_info *info, const struct cmd_opt *o, char *buf, size_t len);

/* The i-th sub-command (NULL behind the last), and one by its name (NULL: none). */
const struct cmd_info *cmd_at(size_t i);
const struct cmd_info *cmd_find(const char *name);

/* --- help ---------------------------------------------------------------------------------- */

/* The page of one sub-command, or of plug itself (info NULL), to stdout. */
void cmd_help_page(struct cmd *c, const struct cmd_info *info);
/* text broken at blanks to cmd_width and ended by a line feed. It begins at column, where the line
 * already is; further lines begin at indent. */
void cmd_wrap(struct cmd *c, const char *text, unsigned column, unsigned indent);

/* --- signals ------------------------------------------------------------------------------- */

/* Called by main, and by a forked child, whose signals are its own: SIGPIPE ignored; SIGINT,
 * SIGTERM, SIGHUP remembered, the second one ends the process at once. */
void cmd_signals_start(void);
/* 0, or the signal that arrived; waits of the main thread then return -EINTR. */
int cmd_signal(void);
/* The exit code for it: 130, 143. */
int cmd_signal_exit(void);
/* From now on fn(arg) is called when a signal arrives, in its handler, and at once when one has;
 * NULL: no more. */
void cmd_signal_tell(void (*fn)(void *arg), void *arg);
/* A descriptor that becomes readable at the first signal, for poll. */
int cmd_signal_fd(void);

/* --- terminal ------------------------------------------------------------------------------ */

enum cmd_style { CMD_PLAIN, CMD_BOLD, CMD_DIM, CMD_GOOD, CMD_BAD, CMD_WARN, CMD_NAME };
/* The escape sequence for stdout, or "" when colour is off. */
const char *cmd_style(const struct cmd *c, enum cmd_style style);
/* Settles c->tty_*, c->color_* from c->color and the environment. */
void cmd_terminal(struct cmd *c);
/* Columns to lay text out in: the terminal's, at most 80; 80 when stdout is none. */
unsigned cmd_width(const struct cmd *c);
/* May UTF-8 be shown (LC_ALL, LC_CTYPE, LANG)? Then utf8, else ascii. */
const char *cmd_mark(const char *utf8, const char *ascii);

#endif
