/* SPDX-License-Identifier: MIT */
/*
 * Writing pcap files. Two headers of fixed numbers, so that each write is a call of the sys table
 * with an error of its own, which libpcap's buffered FILE would lose.
 */
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/capture.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <poll.h>
#include <string.h>

#define MAGIC_NS UINT32_C(0xa1b23c4d)

struct plug_capture_file {
    int fd;
    uint8_t record[16 + PLUG_CAPTURE_LEN];
};

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = plug_sys()->write(fd, bytes, len);
        if (n == -EAGAIN)
            n = plug_wait(fd, POLLOUT, PLUG_NEVER) < 0 ? -EAGAIN : 0;
        else if (n == -EINTR)
            n = 0;
        if (n < 0)
            return (int)n;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int plug_capture_create(struct plug_capture_file **ret, int fd, enum plug_capture_link link)
{
    uint8_t head[24] = {0};
    struct plug_capture_file *f = plug_alloc(sizeof *f);
    if (!f)
        return -ENOMEM;
    plug_put_le32(head, MAGIC_NS);
    plug_put_le16(head + 4, 2); /* version 2.4 */
    plug_put_le16(head + 6, 4);
    plug_put_le32(head + 16, PLUG_CAPTURE_LEN);
    plug_put_le32(head + 20, (uint32_t)link);
    int err = write_all(fd, head, sizeof head);
    if (err < 0) {
        plug_free(f);
        return err;
    }
    f->fd = fd;
    *ret = f;
    return 0;
}

int plug_capture_write(struct plug_capture_file *f, const void *bytes, size_t len, size_t wire_len,
                       int64_t time)
{
    if (len > PLUG_CAPTURE_LEN || len > wire_len || wire_len > UINT32_MAX || time < 0 ||
        time / PLUG_S(1) > UINT32_MAX)
        return PLUG_ERANGE;
    plug_put_le32(f->record, (uint32_t)(time / PLUG_S(1)));
    plug_put_le32(f->record + 4, (uint32_t)(time % PLUG_S(1)));
    plug_put_le32(f->record + 8, (uint32_t)len);
    plug_put_le32(f->record + 12, (uint32_t)wire_len);
    memcpy(f->record + 16, bytes, len);
    return write_all(f->fd, f->record, 16 + len);
}

void plug_capture_file_close(struct plug_capture_file *f)
{
    if (!f)
        return;
    (void)plug_sys()->close(f->fd);
    plug_free(f);
}
