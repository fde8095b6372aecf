"""Spark-TTS class models: from their checkpoints to sound. Needs torch: extra `spark`."""
