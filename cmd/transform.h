/* SPDX-License-Identifier: MIT */
#ifndef TRANSFORM_H
#define TRANSFORM_H
/*
 * What an echo server does to the bytes of one connection: pure, no descriptor, no clock.
 *
 * The caller:
 *   1. struct transform t; transform_init(&t, &opts)
 *   2. transform_room(&t, size, &room), receives into room, transform_commit(&t, n)
 *   3. while ((r = transform_next(&t, false, &out)) > 0): out has one reply more
 *   4. after the end of the input the same with true
 *   5. transform_clear(&t)
 *
 * What comes out does not depend on how the input was cut into pieces. What is changed never ends
 * inside a UTF-8 character: without framing, the beginning of one waits for its rest. What is not
 * valid UTF-8 passes byte by byte, unchanged.
 */
#include <plug.h>

enum transform_mode { TRANSFORM_ECHO, TRANSFORM_UPPER, TRANSFORM_REVERSE };
enum transform_framing { TRANSFORM_NONE, TRANSFORM_LINE, TRANSFORM_LEN32 };

#define TRANSFORM_MAX      ((size_t)1 << 30) /* highest limit of a message */
#define TRANSFORM_ROOM_MAX ((size_t)1 << 20) /* most bytes of one transform_room */
#define TRANSFORM_CHAR_MAX 4                 /* bytes of a UTF-8 character */

struct transform_opts {
    enum transform_mode mode;
    enum transform_framing framing;
    bool unicode; /* upper: every letter, not only ASCII's */
    size_t max;   /* longest line or frame, or longest input that is reversed as a whole */
};

/* Its fields are transform.c's. */
struct transform {
    const struct transform_opts *opts;
    struct plug_frame frame;
    struct plug_buf in;
    size_t scanned;
};

/* borrows opts. Nothing is allocated yet. max is 1 to TRANSFORM_MAX. */
void transform_init(struct transform *t, const struct transform_opts *opts);
void transform_clear(struct transform *t);

/* Lends room for len more bytes until transform_commit. 0, -ENOMEM, PLUG_ELIMIT. */
int transform_room(struct transform *t, size_t len, uint8_t **ret_room);
void transform_commit(struct transform *t, size_t len);

/*
 * Appends one reply to out; NULL: it is skipped. Returns 1; 0 when more input is needed, or all is
 * done; -ENOMEM, PLUG_ELIMIT (out is full: the reply is still to be had), PLUG_EFRAME_TOOLONG,
 * PLUG_EEOF (the input ended inside a frame). ended: no more input will come.
 */
int transform_next(struct transform *t, bool ended, struct plug_buf *out);

/* The longest reply that one call can append, for the maximum of out. */
size_t transform_reply_max(const struct transform_opts *opts);

/* The simple upper-case mapping of Unicode 14.0, the same in every locale. */
uint32_t transform_upper(uint32_t c);

#endif
