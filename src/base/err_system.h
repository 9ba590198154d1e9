/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_ERR_SYSTEM_H
#define PLUG_BASE_ERR_SYSTEM_H
/*
 * The system's errors: X(name, text). Our own texts, because strerror(3) depends on the locale and
 * differs between C libraries. Second names of one number stand in PLUG__ERR_ALIASES.
 */
#define PLUG__ERR_SYSTEM(X)                                                                        \
    X(EPERM, "operation not permitted")                                                            \
    X(ENOENT, "no such file or directory")                                                         \
    X(ESRCH, "no such process")                                                                    \
    X(EINTR, "interrupted by a signal")                                                            \
    X(EIO, "input/output error")                                                                   \
    X(ENXIO, "no such device or address")                                                          \
    X(E2BIG, "argument list too long")                                                             \
    X(ENOEXEC, "not an executable format")                                                         \
    X(EBADF, "bad file descriptor")                                                                \
    X(ECHILD, "no child processes")                                                                \
    X(EAGAIN, "resource temporarily unavailable")                                                  \
    X(ENOMEM, "out of memory")                                                                     \
    X(EACCES, "permission denied")                                                                 \
    X(EFAULT, "bad address in memory")                                                             \
    X(ENOTBLK, "block device required")                                                            \
    X(EBUSY, "device or resource busy")                                                            \
    X(EEXIST, "file exists")                                                                       \
    X(EXDEV, "link across devices")                                                                \
    X(ENODEV, "no such device")                                                                    \
    X(ENOTDIR, "not a directory")                                                                  \
    X(EISDIR, "is a directory")                                                                    \
    X(EINVAL, "invalid argument")                                                                  \
    X(ENFILE, "too many open files in the system")                                                 \
    X(EMFILE, "too many open files")                                                               \
    X(ENOTTY, "not suitable for this kind of descriptor")                                          \
    X(ETXTBSY, "text file busy")                                                                   \
    X(EFBIG, "file too large")                                                                     \
    X(ENOSPC, "no space left on device")                                                           \
    X(ESPIPE, "not a seekable descriptor")                                                         \
    X(EROFS, "read-only file system")                                                              \
    X(EMLINK, "too many links")                                                                    \
    X(EPIPE, "broken pipe")                                                                        \
    X(EDOM, "argument out of the function's domain")                                               \
    X(ERANGE, "result out of range")                                                               \
    X(EDEADLK, "resource deadlock avoided")                                                        \
    X(ENAMETOOLONG, "file name too long")                                                          \
    X(ENOLCK, "no locks available")                                                                \
    X(ENOSYS, "function not implemented")                                                          \
    X(ENOTEMPTY, "directory not empty")                                                            \
    X(ELOOP, "too many levels of symbolic links")                                                  \
    X(ENOMSG, "no message of the wanted type")                                                     \
    X(EIDRM, "identifier removed")                                                                 \
    X(ECHRNG, "channel number out of range")                                                       \
    X(EL2NSYNC, "level 2 not synchronised")                                                        \
    X(EL3HLT, "level 3 halted")                                                                    \
    X(EL3RST, "level 3 reset")                                                                     \
    X(ELNRNG, "link number out of range")                                                          \
    X(EUNATCH, "protocol driver not attached")                                                     \
    X(ENOCSI, "no CSI structure available")                                                        \
    X(EL2HLT, "level 2 halted")                                                                    \
    X(EBADE, "invalid exchange")                                                                   \
    X(EBADR, "invalid request descriptor")                                                         \
    X(EXFULL, "exchange full")                                                                     \
    X(ENOANO, "no anode")                                                                          \
    X(EBADRQC, "invalid request code")                                                             \
    X(EBADSLT, "invalid slot")                                                                     \
    X(EBFONT, "bad font file format")                                                              \
    X(ENOSTR, "device is not a stream")                                                            \
    X(ENODATA, "no data available")                                                                \
    X(ETIME, "timer expired")                                                                      \
    X(ENOSR, "out of streams resources")                                                           \
    X(ENONET, "machine is not on the network")                                                     \
    X(ENOPKG, "package not installed")                                                             \
    X(EREMOTE, "object is remote")                                                                 \
    X(ENOLINK, "link has been severed")                                                            \
    X(EADV, "advertise error")                                                                     \
    X(ESRMNT, "srmount error")                                                                     \
    X(ECOMM, "communication error on send")                                                        \
    X(EPROTO, "protocol error")                                                                    \
    X(EMULTIHOP, "multihop attempted")                                                             \
    X(EDOTDOT, "RFS specific error")                                                               \
    X(EBADMSG, "bad message")                                                                      \
    X(EOVERFLOW, "value too large for its type")                                                   \
    X(ENOTUNIQ, "name not unique on the network")                                                  \
    X(EBADFD, "file descriptor in bad state")                                                      \
    X(EREMCHG, "remote address changed")                                                           \
    X(ELIBACC, "cannot access a needed shared library")                                            \
    X(ELIBBAD, "accessing a corrupted shared library")                                             \
    X(ELIBSCN, "corrupted library section")                                                        \
    X(ELIBMAX, "too many shared libraries")                                                        \
    X(ELIBEXEC, "cannot execute a shared library directly")                                        \
    X(EILSEQ, "invalid multibyte or wide character")                                               \
    X(ERESTART, "interrupted system call should be restarted")                                     \
    X(ESTRPIPE, "streams pipe error")                                                              \
    X(EUSERS, "too many users")                                                                    \
    X(ENOTSOCK, "not a socket")                                                                    \
    X(EDESTADDRREQ, "destination address required")                                                \
    X(EMSGSIZE, "message too long")                                                                \
    X(EPROTOTYPE, "wrong protocol type for the socket")                                            \
    X(ENOPROTOOPT, "option not available for the protocol")                                        \
    X(EPROTONOSUPPORT, "protocol not supported")                                                   \
    X(ESOCKTNOSUPPORT, "socket type not supported")                                                \
    X(EOPNOTSUPP, "operation not supported")                                                       \
    X(EPFNOSUPPORT, "protocol family not supported")                                               \
    X(EAFNOSUPPORT, "address family not supported")                                                \
    X(EADDRINUSE, "address already in use")                                                        \
    X(EADDRNOTAVAIL, "address not available on this machine")                                      \
    X(ENETDOWN, "network is down")                                                                 \
    X(ENETUNREACH, "network is unreachable")                                                       \
    X(ENETRESET, "connection dropped by the network")                                              \
    X(ECONNABORTED, "connection aborted")                                                          \
    X(ECONNRESET, "connection reset by peer")                                                      \
    X(ENOBUFS, "no buffer space available")                                                        \
    X(EISCONN, "socket is already connected")                                                      \
    X(ENOTCONN, "socket is not connected")                                                         \
    X(ESHUTDOWN, "cannot send after shutdown")                                                     \
    X(ETOOMANYREFS, "too many references")                                                         \
    X(ETIMEDOUT, "connection timed out")                                                           \
    X(ECONNREFUSED, "connection refused")                                                          \
    X(EHOSTDOWN, "host is down")                                                                   \
    X(EHOSTUNREACH, "no route to host")                                                            \
    X(EALREADY, "operation already in progress")                                                   \
    X(EINPROGRESS, "operation now in progress")                                                    \
    X(ESTALE, "stale file handle")                                                                 \
    X(EUCLEAN, "structure needs cleaning")                                                         \
    X(ENOTNAM, "not a XENIX named type file")                                                      \
    X(ENAVAIL, "no XENIX semaphores available")                                                    \
    X(EISNAM, "is a named type file")                                                              \
    X(EREMOTEIO, "remote input/output error")                                                      \
    X(EDQUOT, "disk quota exceeded")                                                               \
    X(ENOMEDIUM, "no medium found")                                                                \
    X(EMEDIUMTYPE, "wrong medium type")                                                            \
    X(ECANCELED, "operation cancelled")                                                            \
    X(ENOKEY, "required key not available")                                                        \
    X(EKEYEXPIRED, "key has expired")                                                              \
    X(EKEYREVOKED, "key has been revoked")                                                         \
    X(EKEYREJECTED, "key was rejected by the service")                                             \
    X(EOWNERDEAD, "owner died")                                                                    \
    X(ENOTRECOVERABLE, "state not recoverable")                                                    \
    X(ERFKILL, "not possible because of RF-kill")                                                  \
    X(EHWPOISON, "memory page has a hardware error")

#define PLUG__ERR_ALIASES(X)                                                                       \
    X(EWOULDBLOCK)                                                                                 \
    X(EDEADLOCK)                                                                                   \
    X(ENOTSUP)

#endif
