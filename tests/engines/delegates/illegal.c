/* An instruction that this processor does not have. */
#include <stddef.h>

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                    void (*report)(const char *)) {
  (void)keys, (void)values, (void)count, (void)report;
  __builtin_trap();
  return NULL;
}

void tflite_plugin_destroy_delegate(void *delegate) { (void)delegate; }
