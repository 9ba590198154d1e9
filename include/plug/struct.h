/* SPDX-License-Identifier: MIT */
#ifndef PLUG_STRUCT_H
#define PLUG_STRUCT_H
/*
 * Values to bytes and back by a format text: Python's struct module, bit for bit.
 *
 * Layer: wire. Pure; only plug_struct_open allocates.
 *
 * The caller, with a format that is used often:
 *   1. struct plug_struct *s; plug_struct_open(&s, "!BBHHh", NULL);     once, shared by all threads
 *   2. PLUG_STRUCT_PACK(s, buf, sizeof buf, &error, 8, 0, sum, id, seq);
 *   3. PLUG_STRUCT_UNPACK(s, buf, n, &error, &type, &code, &sum, &id, &seq);
 *   4. plug_struct_close(s);
 * or, in one call that reads the format text each time:
 *   PLUG_PACK("!HI", buf, sizeof buf, &error, port, address);
 * The macros fill an array of struct plug_value (or struct plug_ref) and call the function of the
 * same name in lower case, which programs in other languages call directly.
 *
 * A format is an optional order character, then codes, each after an optional repeat count; white
 * space between them is ignored.
 *   @  native order, native sizes, native alignment (the default)
 *   =  native order, standard sizes, no alignment       <  little-endian, standard, no alignment
 *   >  big-endian, standard, no alignment               !  the same: network order
 *
 *   code  C type              standard  packs                       unpacks to  typed pointer
 *   x     a zero byte         1         nothing                     nothing     none
 *   c     char                1         a char, or one byte         BYTES       char, uint8_t
 *   b B   signed char, u.     1         integers                    INT         int8_t, uint8_t
 *   ?     bool                1         anything: is it true?       BOOL        bool
 *   h H   short, unsigned     2         integers                    INT         (u)int16_t
 *   i I   int, unsigned       4         integers                    INT         (u)int32_t
 *   l L   long, unsigned      4         integers                    INT (1)     by its size
 *   q Q   long long, u.       8         integers                    INT, UINT   (u)int64_t
 *   n N   ssize_t, size_t     @ only    integers                    INT, UINT   by its size
 *   P     void *              @ only    integers, negative as well  UINT        void *, uintptr_t
 *   e     half float          2         numbers                     FLOAT       float
 *   f     float               4         numbers                     FLOAT       float
 *   d     double              8         numbers                     FLOAT       double
 *   s     char[]              count     bytes, cut or zero-filled   BYTES       plug_into()
 *   p     Pascal string       count     bytes: length byte + text   BYTES       plug_into()
 *
 * (1) Unsigned items of 64 bits unpack to UINT, all other integers to INT.
 * A struct plug_value * takes any item. The count of s and p is the length of one item ("10s"), of
 * every other code a repetition ("4H" is "HHHH"). With @ items are aligned as in a C struct, and a
 * count of 0 only aligns: "llh0l" has the size of struct {long a, b; short c;}.
 *
 * Nothing is ever truncated in silence: an integer outside the code's range, a float where an
 * integer is wanted, a finite number too large for e or f, a missing or an extra value is an error.
 *
 * Where CPython 3.11 differs from its own documentation we follow the documentation: "f" in native
 * mode refuses numbers too large (CPython writes infinity), and "0p" packs to nothing and unpacks
 * to no bytes (CPython writes a byte outside the item, and fails).
 *
 * Buffers need no alignment and are never touched outside [offset, offset + size). Every function
 * may be called from any thread and any fiber; a struct plug_struct is immutable.
 */
#include <plug/base.h>
#include <limits.h>
#include <string.h>

PLUG_BEGIN_DECLS

/* The longest format text: PLUG_ELIMIT above. */
#define PLUG_STRUCT_FORMAT_MAX ((size_t)1 << 20)

/* --- values -------------------------------------------------------------------------------- */

enum plug_value_kind {
    PLUG_VALUE_NONE,  /* not filled in: refused by every code */
    PLUG_VALUE_INT,   /* i */
    PLUG_VALUE_UINT,  /* u */
    PLUG_VALUE_BOOL,  /* u: 0 or 1 */
    PLUG_VALUE_FLOAT, /* f */
    PLUG_VALUE_BYTES, /* bytes */
    PLUG_VALUE_CHAR   /* u: one byte, for code c; unpacking never gives it */
};

struct plug_value_bytes {
    const void *ptr;
    size_t len;
};

/* One value. Bytes are borrowed: when packing until return, after unpacking from the buffer. */
struct plug_value {
    enum plug_value_kind kind;
    union {
        int64_t i;
        uint64_t u;
        double f;
        struct plug_value_bytes bytes;
    };
};

/* The name of a kind: "int", "unsigned", "bool", "float", "bytes", "char", "none". Static. */
PLUG_API const char *plug_value_kind_name(enum plug_value_kind kind);

/* --- typed pointers ------------------------------------------------------------------------ */

enum plug_ref_kind {
    PLUG_REF_NONE, /* not filled in: refused by every code */
    PLUG_REF_I8,
    PLUG_REF_U8,
    PLUG_REF_I16,
    PLUG_REF_U16,
    PLUG_REF_I32,
    PLUG_REF_U32,
    PLUG_REF_I64,
    PLUG_REF_U64,
    PLUG_REF_F32,
    PLUG_REF_F64,
    PLUG_REF_BOOL,
    PLUG_REF_CHAR,
    PLUG_REF_POINTER, /* void ** */
    PLUG_REF_INTO,    /* a buffer of len bytes: the item is copied, the rest of it zeroed */
    PLUG_REF_VALUE    /* struct plug_value *: any item */
};

/* Where one unpacked item goes. ptr need not be aligned. */
struct plug_ref {
    enum plug_ref_kind kind;
    void *ptr;
    size_t len; /* of PLUG_REF_INTO */
};

/* The C type of a kind, "uint16_t *"; "?" for an unknown one. Static. */
PLUG_API const char *plug_ref_kind_name(enum plug_ref_kind kind);

/* --- errors -------------------------------------------------------------------------------- */

enum plug_struct_step {
    PLUG_STRUCT_STEP_PARSE,
    PLUG_STRUCT_STEP_PACK,
    PLUG_STRUCT_STEP_PACK_INTO,
    PLUG_STRUCT_STEP_UNPACK,
    PLUG_STRUCT_STEP_UNPACK_FROM,
    PLUG_STRUCT_STEP_ITERATE
};

/* No item is to blame. */
#define PLUG_STRUCT_NO_ITEM SIZE_MAX

/* What exactly went wrong. Fields that do not apply are zero. */
struct plug_struct_error {
    int code;                   /* as returned */
    enum plug_struct_step step; /* what was being done */
    char character;             /* the format character */
    size_t format_offset;       /* where it stands in the format */
    size_t item;                /* index of the value, from 0; PLUG_STRUCT_NO_ITEM */
    struct plug_value value;    /* RANGE, TYPE: the value refused (of bytes only the length) */
    enum plug_ref_kind wanted;  /* TYPE when unpacking: the pointer the item needs ... */
    enum plug_ref_kind given;   /* ... and the one it got */
    int64_t min;                /* RANGE of an integer: the lowest ... */
    uint64_t max;               /* ... and the highest number allowed */
    size_t needed;              /* COUNT: items; SIZE, OFFSET: bytes of the record or the item */
    size_t actual;              /* COUNT: items given; SIZE, OFFSET: bytes of the buffer */
    ptrdiff_t offset;           /* SIZE, OFFSET: the offset asked for */
};

/*
 * A sentence on the level of Python's: "item 2: ushort format requires 0 <= number <= 65535 (got
 * 70000)"; items are counted from 1 here. Writes at most len bytes with the NUL; returns the whole
 * length.
 */
PLUG_API size_t plug_struct_error_text(const struct plug_struct_error *error, char *buf,
                                       size_t len);

/* --- the compiled format ------------------------------------------------------------------- */

struct plug_struct;

/*
 * Compiles a format: NUL-terminated, or of len bytes (a NUL among them is an error). copies the
 * text; gives *ret_struct, ended by plug_struct_close. ret_error may be NULL here and below.
 *   PLUG_ESTRUCT_FORMAT    a character that is no code, or a second order character
 *   PLUG_ESTRUCT_NATIVE    n, N, P without native mode
 *   PLUG_ESTRUCT_REPEAT    a repeat count at the end
 *   PLUG_ESTRUCT_OVERFLOW  size above SSIZE_MAX
 *   PLUG_ELIMIT            text longer than PLUG_STRUCT_FORMAT_MAX
 *   -ENOMEM
 */
PLUG_API PLUG_MUST int plug_struct_open(struct plug_struct **ret_struct, const char *format,
                                        struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST int plug_struct_open_len(struct plug_struct **ret_struct, const char *format,
                                            size_t len, struct plug_struct_error *ret_error);

/* Frees it. NULL does nothing. */
PLUG_API void plug_struct_close(struct plug_struct *s);

/* The format text; borrowed from s. */
PLUG_API const char *plug_struct_format(const struct plug_struct *s);

/* Bytes of one record, and values in it. */
PLUG_API size_t plug_struct_size(const struct plug_struct *s);
PLUG_API size_t plug_struct_count(const struct plug_struct *s);

/* One item of a format. Behind the last one there may be more padding, up to the size. */
struct plug_struct_item {
    char code;
    size_t offset;        /* in the record */
    size_t size;          /* bytes in the record; for s and p their count */
    size_t repeat;        /* the count in front of its code, 1 without one */
    size_t padding;       /* bytes between the item before (or the start) and this one */
    size_t format_offset; /* of its code in the format */
};

/* The item of value i. 0, or -EINVAL when i is not below plug_struct_count. O(log codes). */
PLUG_API PLUG_MUST int plug_struct_item(const struct plug_struct *s, size_t i,
                                        struct plug_struct_item *ret_item);

/* --- values in arrays ---------------------------------------------------------------------- */

/*
 * Packs count values into the first bytes of buf; len is the room there. Returns the bytes written
 * (the size of the format). Bytes of padding become zero. After an error about a value, the bytes
 * that the record would have taken are unspecified; after any other they are untouched.
 *   PLUG_ESTRUCT_COUNT  not exactly as many values as items
 *   PLUG_ESTRUCT_SIZE   too little room
 *   PLUG_ESTRUCT_TYPE   a value of a kind that its code does not take
 *   PLUG_ESTRUCT_RANGE  a number outside the range of its code
 *   PLUG_ESTRUCT_OFFSET (pack_into) a negative offset before buf, or without room behind it
 * pack_into packs at an offset; a negative one counts from the end of buf, as in Python.
 */
PLUG_API PLUG_MUST ssize_t plug_struct_pack(const struct plug_struct *s,
                                            const struct plug_value *values, size_t count,
                                            void *buf, size_t len,
                                            struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST ssize_t plug_struct_pack_into(const struct plug_struct *s,
                                                 const struct plug_value *values, size_t count,
                                                 void *buf, size_t len, ptrdiff_t offset,
                                                 struct plug_struct_error *ret_error);

/*
 * Unpacks buf, whose len must be exactly the size, into an array with room for at least
 * plug_struct_count values. Returns their number. Bytes are borrowed from buf.
 *   PLUG_ESTRUCT_SIZE   wrong length
 *   PLUG_ESTRUCT_COUNT  too little room
 *   PLUG_ESTRUCT_OFFSET (unpack_from) as with pack_into
 * On failure no value is touched. unpack_from unpacks at an offset and ignores what stands behind;
 * a negative one counts from the end.
 */
PLUG_API PLUG_MUST ssize_t plug_struct_unpack(const struct plug_struct *s, const void *buf,
                                              size_t len, struct plug_value *ret_values,
                                              size_t room, struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST ssize_t plug_struct_unpack_from(const struct plug_struct *s, const void *buf,
                                                   size_t len, ptrdiff_t offset,
                                                   struct plug_value *ret_values, size_t room,
                                                   struct plug_struct_error *ret_error);

/*
 * Unpacks buf, whose len must be exactly the size, through count typed pointers, which must match
 * the items in number and each in type (the table above): the code H wants a uint16_t *.
 * Returns their number. On failure nothing is stored.
 *   PLUG_ESTRUCT_SIZE   wrong length; or a buffer given by plug_into is too small for its item
 *   PLUG_ESTRUCT_COUNT  not exactly as many pointers as items
 *   PLUG_ESTRUCT_TYPE   a pointer to another type than the item's
 */
PLUG_API PLUG_MUST ssize_t plug_struct_unpack_refs(const struct plug_struct *s, const void *buf,
                                                   size_t len, const struct plug_ref *refs,
                                                   size_t count,
                                                   struct plug_struct_error *ret_error);

/* --- records one after the other ----------------------------------------------------------- */

/* Its fields are the library's. */
struct plug_struct_iter {
    const struct plug_struct *s;
    const uint8_t *at, *end;
};

/*
 * Begins a walk over the records in buf; borrows s and buf. len must be a multiple of the size, and
 * the size not 0: PLUG_ESTRUCT_SIZE.
 */
PLUG_API PLUG_MUST int plug_struct_iter_init(struct plug_struct_iter *ret_iter,
                                             const struct plug_struct *s, const void *buf,
                                             size_t len, struct plug_struct_error *ret_error);
/* The next record as by plug_struct_unpack. 1, or 0 at the end; PLUG_ESTRUCT_COUNT. */
PLUG_API PLUG_MUST int plug_struct_iter_next(struct plug_struct_iter *iter,
                                             struct plug_value *ret_values, size_t room,
                                             struct plug_struct_error *ret_error);

/* --- with the format read on each call ----------------------------------------------------- */

/* The size of a format, or an error of plug_struct_open. Allocates nothing, like all below. */
PLUG_API PLUG_MUST ssize_t plug_calcsize(const char *format, struct plug_struct_error *ret_error);

/*
 * As their namesakes above, with in addition the errors of plug_struct_open except -ENOMEM. After
 * any error of plug_pack the first len bytes of buf are unspecified.
 */
PLUG_API PLUG_MUST ssize_t plug_pack(const char *format, const struct plug_value *values,
                                     size_t count, void *buf, size_t len,
                                     struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST ssize_t plug_pack_into(const char *format, const struct plug_value *values,
                                          size_t count, void *buf, size_t len, ptrdiff_t offset,
                                          struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST ssize_t plug_unpack(const char *format, const void *buf, size_t len,
                                       struct plug_value *ret_values, size_t room,
                                       struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST ssize_t plug_unpack_from(const char *format, const void *buf, size_t len,
                                            ptrdiff_t offset, struct plug_value *ret_values,
                                            size_t room, struct plug_struct_error *ret_error);
PLUG_API PLUG_MUST ssize_t plug_unpack_refs(const char *format, const void *buf, size_t len,
                                            const struct plug_ref *refs, size_t count,
                                            struct plug_struct_error *ret_error);

/* --- making values and typed pointers ------------------------------------------------------ */

/*
 * Values of each kind, inline and exported. text is its bytes without the NUL; NULL gives
 * PLUG_VALUE_NONE. The macros below choose by C type: integers of up to 32 bits are ints.
 */
PLUG_API inline struct plug_value plug_value_int(int64_t i);
PLUG_API inline struct plug_value plug_value_uint(uint64_t u);
PLUG_API inline struct plug_value plug_value_bool(bool b);
PLUG_API inline struct plug_value plug_value_char(char c);
PLUG_API inline struct plug_value plug_value_float(double f);
PLUG_API inline struct plug_value plug_value_bytes(const void *ptr, size_t len);
PLUG_API inline struct plug_value plug_value_text(const char *text);
PLUG_API inline struct plug_value plug_value_pointer(const void *ptr);
PLUG_API inline struct plug_value plug_value_same(struct plug_value v);

/*
 * A typed pointer of any kind; the macros below choose the kind from the type of the pointer.
 * plug_into is for items of code s and p: it copies into buf and zeroes what is left of len.
 */
PLUG_API inline struct plug_ref plug_ref_make(enum plug_ref_kind kind, void *ptr);
PLUG_API inline struct plug_ref plug_into(void *buf, size_t len);

#if ULONG_MAX > 0xffffffffu
#define PLUG_REF_LONG  PLUG_REF_I64
#define PLUG_REF_ULONG PLUG_REF_U64
#else
#define PLUG_REF_LONG  PLUG_REF_I32
#define PLUG_REF_ULONG PLUG_REF_U32
#endif

/* --- the bodies ---------------------------------------------------------------------------- */

inline struct plug_value plug_value_int(int64_t i)
{
    struct plug_value v;
    v.kind = PLUG_VALUE_INT;
    v.i = i;
    return v;
}

inline struct plug_value plug_value_uint(uint64_t u)
{
    struct plug_value v;
    v.kind = PLUG_VALUE_UINT;
    v.u = u;
    return v;
}

inline struct plug_value plug_value_bool(bool b)
{
    struct plug_value v;
    v.kind = PLUG_VALUE_BOOL;
    v.u = b;
    return v;
}

inline struct plug_value plug_value_char(char c)
{
    struct plug_value v;
    v.kind = PLUG_VALUE_CHAR;
    v.u = (unsigned char)c;
    return v;
}

inline struct plug_value plug_value_float(double f)
{
    struct plug_value v;
    v.kind = PLUG_VALUE_FLOAT;
    v.f = f;
    return v;
}

inline struct plug_value plug_value_bytes(const void *ptr, size_t len)
{
    struct plug_value v;
    v.kind = PLUG_VALUE_BYTES;
    v.bytes.ptr = ptr;
    v.bytes.len = len;
    return v;
}

inline struct plug_value plug_value_text(const char *text)
{
    struct plug_value v = plug_value_bytes(text, text ? strlen(text) : 0);
    if (!text)
        v.kind = PLUG_VALUE_NONE;
    return v;
}

inline struct plug_value plug_value_pointer(const void *ptr)
{
    return plug_value_uint((uint64_t)(uintptr_t)ptr);
}

inline struct plug_value plug_value_same(struct plug_value v)
{
    return v;
}

inline struct plug_ref plug_ref_make(enum plug_ref_kind kind, void *ptr)
{
    struct plug_ref r;
    r.kind = kind;
    r.ptr = ptr;
    r.len = 0;
    return r;
}

inline struct plug_ref plug_into(void *buf, size_t len)
{
    struct plug_ref r = plug_ref_make(PLUG_REF_INTO, buf);
    r.len = len;
    return r;
}

PLUG_END_DECLS

/* --- values and pointers in place ---------------------------------------------------------- */

/*
 * PLUG_PACK(format, buf, len, ret_error, VALUE...)            plug_pack
 * PLUG_UNPACK(format, buf, len, ret_error, POINTER...)        plug_unpack_refs
 * PLUG_STRUCT_PACK(s, buf, len, ret_error, VALUE...)          plug_struct_pack
 * PLUG_STRUCT_UNPACK(s, buf, len, ret_error, POINTER...)      plug_struct_unpack_refs
 * with 1 to PLUG_STRUCT_ARGS_MAX values or pointers. A value is an integer, bool, char, float,
 * double, text (const char *), pointer (const void *) or a struct plug_value; 'x' is an int in C,
 * so write (char)'x'. A pointer is one of the table above or a struct plug_ref. Any other type does
 * not compile.
 */
#define PLUG_STRUCT_ARGS_MAX 32

#ifdef __cplusplus

#define PLUG_PACK(...)          plug_pack_args(__VA_ARGS__)
#define PLUG_UNPACK(...)        plug_unpack_args(__VA_ARGS__)
#define PLUG_STRUCT_PACK(...)   plug_struct_pack_args(__VA_ARGS__)
#define PLUG_STRUCT_UNPACK(...) plug_struct_unpack_args(__VA_ARGS__)

#define PLUG_VALUE_OF(type, make)                                                                  \
    inline plug_value plug_value_of(type x)                                                        \
    {                                                                                              \
        return make(x);                                                                            \
    }
PLUG_VALUE_OF(bool, plug_value_bool)
PLUG_VALUE_OF(char, plug_value_char)
PLUG_VALUE_OF(signed char, plug_value_int)
PLUG_VALUE_OF(short, plug_value_int)
PLUG_VALUE_OF(int, plug_value_int)
PLUG_VALUE_OF(long, plug_value_int)
PLUG_VALUE_OF(long long, plug_value_int)
PLUG_VALUE_OF(unsigned char, plug_value_int)
PLUG_VALUE_OF(unsigned short, plug_value_int)
PLUG_VALUE_OF(unsigned, plug_value_int)
PLUG_VALUE_OF(unsigned long, plug_value_uint)
PLUG_VALUE_OF(unsigned long long, plug_value_uint)
PLUG_VALUE_OF(float, plug_value_float)
PLUG_VALUE_OF(double, plug_value_float)
PLUG_VALUE_OF(const char *, plug_value_text)
PLUG_VALUE_OF(const void *, plug_value_pointer)
PLUG_VALUE_OF(plug_value, plug_value_same)
#undef PLUG_VALUE_OF
inline plug_value plug_value_of(char *x)
{
    return plug_value_text(x);
}
inline plug_value plug_value_of(void *x)
{
    return plug_value_pointer(x);
}
template <class T> plug_value plug_value_of(T *) = delete;

#define PLUG_REF_OF(type, kind)                                                                    \
    inline plug_ref plug_ref_of(type x)                                                            \
    {                                                                                              \
        return plug_ref_make(kind, x);                                                             \
    }
PLUG_REF_OF(signed char *, PLUG_REF_I8)
PLUG_REF_OF(unsigned char *, PLUG_REF_U8)
PLUG_REF_OF(short *, PLUG_REF_I16)
PLUG_REF_OF(unsigned short *, PLUG_REF_U16)
PLUG_REF_OF(int *, PLUG_REF_I32)
PLUG_REF_OF(unsigned *, PLUG_REF_U32)
PLUG_REF_OF(long *, PLUG_REF_LONG)
PLUG_REF_OF(unsigned long *, PLUG_REF_ULONG)
PLUG_REF_OF(long long *, PLUG_REF_I64)
PLUG_REF_OF(unsigned long long *, PLUG_REF_U64)
PLUG_REF_OF(float *, PLUG_REF_F32)
PLUG_REF_OF(double *, PLUG_REF_F64)
PLUG_REF_OF(bool *, PLUG_REF_BOOL)
PLUG_REF_OF(char *, PLUG_REF_CHAR)
PLUG_REF_OF(void **, PLUG_REF_POINTER)
PLUG_REF_OF(plug_value *, PLUG_REF_VALUE)
#undef PLUG_REF_OF
inline plug_ref plug_ref_of(plug_ref x)
{
    return x;
}

template <class... T>
inline ssize_t plug_pack_args(const char *format, void *buf, size_t len,
                              plug_struct_error *ret_error, const T &...x)
{
    const plug_value values[] = {plug_value_of(x)...};
    return plug_pack(format, values, sizeof...(x), buf, len, ret_error);
}
template <class... T>
inline ssize_t plug_unpack_args(const char *format, const void *buf, size_t len,
                                plug_struct_error *ret_error, const T &...x)
{
    const plug_ref refs[] = {plug_ref_of(x)...};
    return plug_unpack_refs(format, buf, len, refs, sizeof...(x), ret_error);
}
template <class... T>
inline ssize_t plug_struct_pack_args(const plug_struct *s, void *buf, size_t len,
                                     plug_struct_error *ret_error, const T &...x)
{
    const plug_value values[] = {plug_value_of(x)...};
    return plug_struct_pack(s, values, sizeof...(x), buf, len, ret_error);
}
template <class... T>
inline ssize_t plug_struct_unpack_args(const plug_struct *s, const void *buf, size_t len,
                                       plug_struct_error *ret_error, const T &...x)
{
    const plug_ref refs[] = {plug_ref_of(x)...};
    return plug_struct_unpack_refs(s, buf, len, refs, sizeof...(x), ret_error);
}

#else /* C */

#define PLUG_PACK(format, buf, len, ret_error, ...)                                                \
    plug_pack(format, PLUG_VALUES(__VA_ARGS__), buf, len, ret_error)
#define PLUG_UNPACK(format, buf, len, ret_error, ...)                                              \
    plug_unpack_refs(format, buf, len, PLUG_REFS(__VA_ARGS__), ret_error)
#define PLUG_STRUCT_PACK(s, buf, len, ret_error, ...)                                              \
    plug_struct_pack(s, PLUG_VALUES(__VA_ARGS__), buf, len, ret_error)
#define PLUG_STRUCT_UNPACK(s, buf, len, ret_error, ...)                                            \
    plug_struct_unpack_refs(s, buf, len, PLUG_REFS(__VA_ARGS__), ret_error)

/* Two arguments, array and count, for the functions that take them (in C only). */
#define PLUG_VALUES(...)                                                                           \
    (const struct plug_value[]){PLUG_STRUCT_EACH(PLUG_VALUE, __VA_ARGS__)},                        \
        (size_t)PLUG_STRUCT_ARGS(__VA_ARGS__)
#define PLUG_REFS(...)                                                                             \
    (const struct plug_ref[]){PLUG_STRUCT_EACH(PLUG_REF, __VA_ARGS__)},                            \
        (size_t)PLUG_STRUCT_ARGS(__VA_ARGS__)

/* One value, made from its C type. */
#define PLUG_VALUE(x)                                                                              \
    _Generic((x),                                                                                  \
        bool: plug_value_bool,                                                                     \
        char: plug_value_char,                                                                     \
        signed char: plug_value_int,                                                               \
        short: plug_value_int,                                                                     \
        int: plug_value_int,                                                                       \
        long: plug_value_int,                                                                      \
        long long: plug_value_int,                                                                 \
        unsigned char: plug_value_int,                                                             \
        unsigned short: plug_value_int,                                                            \
        unsigned: plug_value_int,                                                                  \
        unsigned long: plug_value_uint,                                                            \
        unsigned long long: plug_value_uint,                                                       \
        float: plug_value_float,                                                                   \
        double: plug_value_float,                                                                  \
        char *: plug_value_text,                                                                   \
        const char *: plug_value_text,                                                             \
        void *: plug_value_pointer,                                                                \
        const void *: plug_value_pointer,                                                          \
        struct plug_value: plug_value_same)(x)

/* One typed pointer, made from its C type. */
#define PLUG_REF_MAKE(name, kind)                                                                  \
    static inline struct plug_ref plug_ref_##name(void *ptr)                                       \
    {                                                                                              \
        return plug_ref_make(kind, ptr);                                                           \
    }
PLUG_REF_MAKE(i8, PLUG_REF_I8)
PLUG_REF_MAKE(u8, PLUG_REF_U8)
PLUG_REF_MAKE(i16, PLUG_REF_I16)
PLUG_REF_MAKE(u16, PLUG_REF_U16)
PLUG_REF_MAKE(i32, PLUG_REF_I32)
PLUG_REF_MAKE(u32, PLUG_REF_U32)
PLUG_REF_MAKE(i64, PLUG_REF_I64)
PLUG_REF_MAKE(u64, PLUG_REF_U64)
PLUG_REF_MAKE(long, PLUG_REF_LONG)
PLUG_REF_MAKE(ulong, PLUG_REF_ULONG)
PLUG_REF_MAKE(f32, PLUG_REF_F32)
PLUG_REF_MAKE(f64, PLUG_REF_F64)
PLUG_REF_MAKE(bool, PLUG_REF_BOOL)
PLUG_REF_MAKE(char, PLUG_REF_CHAR)
PLUG_REF_MAKE(pointer, PLUG_REF_POINTER)
PLUG_REF_MAKE(value, PLUG_REF_VALUE)
#undef PLUG_REF_MAKE
static inline struct plug_ref plug_ref_same(struct plug_ref r)
{
    return r;
}
#define PLUG_REF(x)                                                                                \
    _Generic((x),                                                                                  \
        signed char *: plug_ref_i8,                                                                \
        unsigned char *: plug_ref_u8,                                                              \
        short *: plug_ref_i16,                                                                     \
        unsigned short *: plug_ref_u16,                                                            \
        int *: plug_ref_i32,                                                                       \
        unsigned *: plug_ref_u32,                                                                  \
        long *: plug_ref_long,                                                                     \
        unsigned long *: plug_ref_ulong,                                                           \
        long long *: plug_ref_i64,                                                                 \
        unsigned long long *: plug_ref_u64,                                                        \
        float *: plug_ref_f32,                                                                     \
        double *: plug_ref_f64,                                                                    \
        bool *: plug_ref_bool,                                                                     \
        char *: plug_ref_char,                                                                     \
        void **: plug_ref_pointer,                                                                 \
        struct plug_value *: plug_ref_value,                                                       \
        struct plug_ref: plug_ref_same)(x)

/* How many arguments (1 to 32), and M of each one. */
#define PLUG_STRUCT_ARGS(...)                                                                      \
    PLUG_STRUCT_ARG_33(__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,    \
                       17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define PLUG_STRUCT_ARG_33(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,  \
                           a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30,   \
                           a31, a32, n, ...)                                                       \
    n
#define PLUG_STRUCT_EACH(M, ...) PLUG_STRUCT_EACH_N(PLUG_STRUCT_ARGS(__VA_ARGS__), M, __VA_ARGS__)

#define PLUG_STRUCT_EACH_N(n, M, ...)    PLUG_STRUCT_EACH_JOIN(n, M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_JOIN(n, M, ...) PLUG_STRUCT_EACH_##n(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_1(M, a)         M(a)
#define PLUG_STRUCT_EACH_2(M, a, ...)    M(a), PLUG_STRUCT_EACH_1(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_3(M, a, ...)    M(a), PLUG_STRUCT_EACH_2(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_4(M, a, ...)    M(a), PLUG_STRUCT_EACH_3(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_5(M, a, ...)    M(a), PLUG_STRUCT_EACH_4(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_6(M, a, ...)    M(a), PLUG_STRUCT_EACH_5(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_7(M, a, ...)    M(a), PLUG_STRUCT_EACH_6(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_8(M, a, ...)    M(a), PLUG_STRUCT_EACH_7(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_9(M, a, ...)    M(a), PLUG_STRUCT_EACH_8(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_10(M, a, ...)   M(a), PLUG_STRUCT_EACH_9(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_11(M, a, ...)   M(a), PLUG_STRUCT_EACH_10(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_12(M, a, ...)   M(a), PLUG_STRUCT_EACH_11(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_13(M, a, ...)   M(a), PLUG_STRUCT_EACH_12(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_14(M, a, ...)   M(a), PLUG_STRUCT_EACH_13(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_15(M, a, ...)   M(a), PLUG_STRUCT_EACH_14(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_16(M, a, ...)   M(a), PLUG_STRUCT_EACH_15(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_17(M, a, ...)   M(a), PLUG_STRUCT_EACH_16(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_18(M, a, ...)   M(a), PLUG_STRUCT_EACH_17(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_19(M, a, ...)   M(a), PLUG_STRUCT_EACH_18(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_20(M, a, ...)   M(a), PLUG_STRUCT_EACH_19(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_21(M, a, ...)   M(a), PLUG_STRUCT_EACH_20(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_22(M, a, ...)   M(a), PLUG_STRUCT_EACH_21(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_23(M, a, ...)   M(a), PLUG_STRUCT_EACH_22(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_24(M, a, ...)   M(a), PLUG_STRUCT_EACH_23(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_25(M, a, ...)   M(a), PLUG_STRUCT_EACH_24(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_26(M, a, ...)   M(a), PLUG_STRUCT_EACH_25(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_27(M, a, ...)   M(a), PLUG_STRUCT_EACH_26(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_28(M, a, ...)   M(a), PLUG_STRUCT_EACH_27(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_29(M, a, ...)   M(a), PLUG_STRUCT_EACH_28(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_30(M, a, ...)   M(a), PLUG_STRUCT_EACH_29(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_31(M, a, ...)   M(a), PLUG_STRUCT_EACH_30(M, __VA_ARGS__)
#define PLUG_STRUCT_EACH_32(M, a, ...)   M(a), PLUG_STRUCT_EACH_31(M, __VA_ARGS__)

#endif
#endif
