/* A delegate that works, and takes no operator: made for another device. */
#include <stddef.h>
#include <stdint.h>

struct Delegate {
  void *data;
  int (*prepare)(void *, struct Delegate *);
  void *copy_from_buffer, *copy_to_buffer, *free_buffer;
  int64_t flags;
  void *opaque_builder;
};

static int prepare(void *context, struct Delegate *delegate) {
  (void)context, (void)delegate;
  return 0;
}

static struct Delegate only = {.prepare = prepare, .flags = 1};

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                    void (*report)(const char *)) {
  (void)keys, (void)values, (void)count, (void)report;
  return &only;
}

void tflite_plugin_destroy_delegate(void *delegate) { (void)delegate; }
