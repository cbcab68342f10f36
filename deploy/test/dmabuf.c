/* A kernel without /dev/dma_heap: memory files in the place of its buffers, for LD_PRELOAD.
 *
 *   gcc -shared -fPIC -O1 -o libdmabuf.so dmabuf.c
 *
 * libcamera and picamera2 open a heap, take buffers from it, name them, and bracket what they read
 * of them. A memory file can be mapped just as well, and needs no bracket: nothing but the
 * processor writes it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char HEAPS[] = "/dev/dma_heap/";

static int memory(const char *name, unsigned long long bytes) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd >= 0 && ftruncate(fd, (off_t)bytes) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static int opened(const char *call, const char *path, int flags, mode_t mode) {
  if (strncmp(path, HEAPS, sizeof HEAPS - 1) == 0) return memory("heap", 0);
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, call);
  return next(path, flags, mode);
}

/* Only these flags come with a mode. */
static mode_t mode_of(int flags, va_list rest) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened("open64", path, flags, mode);
}

static int allocate(struct dma_heap_allocation_data *asked) {
  int fd = memory("buffer", asked->len);
  if (fd < 0) return -1;
  asked->fd = (unsigned)fd;
  return 0;
}

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  switch ((unsigned)request) { /* Python's comes with its sign spread over the upper half */
    case (unsigned)DMA_HEAP_IOCTL_ALLOC: return allocate(argument);
    case (unsigned)DMA_BUF_SET_NAME:
    case (unsigned)DMA_BUF_IOCTL_SYNC: return 0;
  }
  int (*next)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  return next(fd, request, argument);
}
