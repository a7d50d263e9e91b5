"""The engines ws and socketio."""
