"""What is wrong with a document though its schema allows it: named rules, each with a code that stays."""
