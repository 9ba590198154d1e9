/* SPDX-License-Identifier: MIT */
#ifndef FDS_H
#define FDS_H
/* Descriptors that the frame closes after the test. */
#include <t.h>

/* A pipe, and two connected stream sockets; neither blocks. */
void fds_pipe(int p[2]);
void fds_pair(int p[2]);
/* Closes one of them now; somebody else will. */
void fds_close(int fd);
void fds_disown(int fd);
/* One byte in, one byte out. */
void fds_put(int fd);
void fds_take(int fd);
/* Writes until no more goes in. */
void fds_fill(int fd);
/* Skips the test unless so many descriptors can be open. */
void fds_need(unsigned n);

#endif
