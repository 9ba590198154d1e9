/* SPDX-License-Identifier: MIT */
#ifndef WIRE_STRUCT_PLAN_H
#define WIRE_STRUCT_PLAN_H
/*
 * What a format text is turned into before anything is packed: a plan, a list of runs.
 *
 * A run is a stretch of items that are packed alike ("HH", "10H", "3s"), or a stretch of padding.
 * The executors dispatch once per run and loop over its items, so a record costs few jumps, and
 * "1000000H" is one run. Bounds are checked once, against the size of the whole record.
 */
#include "wire/struct_codes.h"

/*
 * Runs follow each other without gaps. jump says where the fast executors go for a run: to code for
 * exactly that many items (see PLUG__JUMP).
 */
struct plug__struct_run {
    size_t count; /* items; for PAD, STRING and PASCAL bytes */
    uint8_t op;
    uint8_t padding; /* of a STRING: bytes of padding behind it that belong to the run */
    uint8_t jump;
};

/* Each operation has PLUG__JUMP_WAYS ways: for 1, 2, 3, 4 and for more items. */
#define PLUG__JUMP_WAYS 5
#define PLUG__JUMP(op)  ((op)*PLUG__JUMP_WAYS)
/* Then those of strings of 1 to 8 bytes, and of strings of 1 to 7 bytes padded to 4 or 8. */
#define PLUG__JUMP_STRING(n) (PLUG__JUMP(PLUG__OP_COUNT) + (n)-1)
#define PLUG__JUMP_PADDED(n) (PLUG__JUMP_STRING(8) + (n))
#define PLUG__JUMP_COUNT     PLUG__JUMP_PADDED(8)

/* One code of the format, with its repeat count. */
struct plug__struct_part {
    size_t offset; /* of its first item */
    size_t repeat;
    size_t padding; /* before its first item, back to the item before */
    size_t first;   /* index of its first item */
    uint32_t at;    /* its character in the text */
    char code;
    uint8_t op;
    uint8_t item_size; /* 1 for STRING and PASCAL, whose repeat is their length */
};

/* How many bytes of text a Pascal item of n bytes at p says it has, cut to what there is. */
static inline size_t plug__struct_pascal_len(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    return p[0] < n ? p[0] : n - 1;
}

/* The longest text that a STRING or PASCAL item of n bytes holds. */
static inline size_t plug__struct_text_room(uint8_t op, size_t n)
{
    return op == PLUG__OP_PASCAL && n ? n - 1 : n;
}

/* Number of values a part stands for. */
static inline size_t plug__struct_part_items(const struct plug__struct_part *part)
{
    if (part->op >= PLUG__OP_STRING)
        return 1;
    return part->op == PLUG__OP_PAD ? 0 : part->repeat;
}

/* Reads a good format again, part by part; parts without items are left out. */
struct plug__struct_reader {
    const char *text, *at;
    const struct plug__struct_code *codes;
    size_t size, count; /* of the record so far */
    size_t item_end;    /* where the last item ends: what follows is padding */
};
void plug__struct_reader_init(struct plug__struct_reader *r, const char *text);
/* false at the end. */
bool plug__struct_reader_next(struct plug__struct_reader *r, struct plug__struct_part *ret_part);

/*
 * The plan, which is the compiled format. Calls that read the format each time may make one on
 * their stack, which has too few runs (run_count > run_room) for a long format; that is executed
 * part by part.
 */
struct plug_struct {
    size_t size;  /* of a record */
    size_t count; /* items */
    struct plug__struct_run *run, *last;
    size_t run_count;
    size_t run_room;
    /* count and size if the fast executors know all runs, which are there; else what never is */
    size_t pack_count, unpack_size;
    const char *text;               /* NUL-terminated */
    struct plug__struct_part *part; /* those that have items */
    size_t part_count;
};

/*
 * Reads the format s->text, fills in size and counts, and as many runs as there is room for. 0, or
 * an error of plug_struct_open, told to ret_error.
 */
int plug__struct_plan(struct plug_struct *s, struct plug_struct_error *ret_error);
/* The same, for size and count only. */
int plug__struct_measure(struct plug_struct *s, struct plug_struct_error *ret_error);

/* The part that an item belongs to, found by reading a good format again. */
void plug__struct_find(const struct plug_struct *s, size_t item,
                       struct plug__struct_part *ret_part);

/* --- executors: runs to bytes and back ----------------------------------------------------- */

/*
 * All operations and all kinds of values, a run at a time. pack and check return NULL, or the value
 * or pointer that does not suit its item (len of PLUG_REF_INTO included).
 */
const struct plug_value *plug__struct_run_pack(const struct plug__struct_run *run,
                                               const struct plug__struct_run *end,
                                               const struct plug_value *v, uint8_t *p);
void plug__struct_run_unpack(const struct plug__struct_run *run, const struct plug__struct_run *end,
                             const uint8_t *p, struct plug_value *v);
const struct plug_ref *plug__struct_run_check(const struct plug__struct_run *run,
                                              const struct plug__struct_run *end,
                                              const struct plug_ref *ref);
void plug__struct_run_store(const struct plug__struct_run *run, const struct plug__struct_run *end,
                            const uint8_t *p, const struct plug_ref *ref);

/* plug_struct_pack and plug_struct_unpack by the executors above, for any plan and any values. */
ssize_t plug__struct_pack(const struct plug_struct *s, const struct plug_value *values,
                          size_t count, void *buf, size_t len, struct plug_struct_error *ret_error);
ssize_t plug__struct_unpack(const struct plug_struct *s, const void *buf, size_t len,
                            struct plug_value *ret_values, size_t room,
                            struct plug_struct_error *ret_error);

/* plug_pack and plug_unpack by way of a plan. */
ssize_t plug__struct_pack_text(const char *format, const struct plug_value *values, size_t count,
                               void *buf, size_t len, struct plug_struct_error *ret_error);
ssize_t plug__struct_unpack_text(const char *format, const void *buf, size_t len,
                                 struct plug_value *ret_values, size_t room,
                                 struct plug_struct_error *ret_error);

/* The kind of pointer an item wants in the first place. */
enum plug_ref_kind plug__struct_op_wants(uint8_t op);

/* --- IEEE 754 binary16, in host order ------------------------------------------------------ */

/* false when x is finite and too large. */
bool plug__half_pack(double x, uint16_t *ret_half);
double plug__half_unpack(uint16_t half);

/* --- errors: each fills in *ret_error (may be NULL) and returns its code ------------------- */

int plug__struct_fail_format(struct plug_struct_error *ret_error, int code, char character,
                             size_t format_offset);
int plug__struct_fail_count(struct plug_struct_error *ret_error, enum plug_struct_step step,
                            size_t needed, size_t actual);
int plug__struct_fail_place(struct plug_struct_error *ret_error, int code,
                            enum plug_struct_step step, size_t needed, size_t actual,
                            ptrdiff_t offset);
int plug__struct_fail_value(struct plug_struct_error *ret_error, const struct plug_struct *s,
                            size_t item, const struct plug_value *value);
int plug__struct_fail_ref(struct plug_struct_error *ret_error, const struct plug_struct *s,
                          size_t item, const struct plug_ref *ref);

#endif
